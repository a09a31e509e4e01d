/** Who is signed in, and what that lets the pages offer. The board and the daemon judge; this only spares useless offers. */
import { computed, ref } from 'vue'
import { forgetBegun, get, onSessionLost, post, useCsrf, Refused, type Session } from './api'

export const session = ref<Session | null>(null)
/** Signed out by somebody else: ended, or its role was taken away. */
export const sessionLost = ref(false)

onSessionLost(() => {
  sessionLost.value = session.value !== null
  session.value = null
})

function begin(s: Session): void {
  useCsrf(s.csrf)
  session.value = s
  sessionLost.value = false
}

/** The session that this browser has already; false: somebody has to sign in. */
export async function restore(): Promise<boolean> {
  try {
    begin(await get<Session>('session'))
    return true
  } catch (error) {
    forgetBegun()
    if (error instanceof Refused && error.status === 401) return false
    throw error
  }
}

export async function signIn(name: string, password: string, code: string): Promise<void> {
  begin(await post<Session>('login', code ? { name, password, code } : { name, password }))
}

export async function redeem(ticket: string): Promise<void> {
  begin(await post<Session>('login/ticket', { ticket }))
}

export async function signOut(): Promise<void> {
  try {
    await post<void>('logout', {})
  } finally {
    session.value = null
    sessionLost.value = false
  }
}

const has = (list: 'claims' | 'rights', ...any: string[]) =>
  any.some((x) => session.value?.[list].includes(x) ?? false)

/** Who supervises orders and reads figures; who dispatches; who works for a company. */
export const can = computed(() => ({
  dispatch: has('claims', 'dispatcher'),
  order: has('claims', 'street', 'city'),
  company: has('claims', 'holder', 'manager') && session.value?.role.name === 'company',
  report: has('claims', 'reporter'),
  publish: has('rights', 'publish'),
  stats: has('rights', 'stats'),
}))

export const zone = computed(() => session.value?.zone ?? 'Asia/Shanghai')
