/** The page's side of the queue: keeps an act before anything else, sends at once when there is a network, and tries again when it comes back. */
import { ref, shallowRef } from 'vue'
import { newId, post, Refused, send } from '../shared/api'
import { signed } from './device'
import { Away, flush, type Answer, type Wire } from './flush'
import { forget, keep, kept, note, type Kept } from './store'

export const waiting = shallowRef<Kept[]>([])
export const sending = ref(false)
export const online = ref(navigator.onLine)
/** The session has ended: what is kept waits for the next sign-in. */
export const locked = ref(false)

const wire: Wire = {
  photo: async (number, photo) =>
    (await away(send<{ evidence: string }>(`cases/${number}/photos`, photo))).evidence,
  offline: (body) => away(post<{ replies: Answer[] }>('offline', body)),
}

async function away<T>(answer: Promise<T>): Promise<T> {
  try {
    const value = await answer
    online.value = true
    return value
  } catch (error) {
    if (error instanceof Refused && (error.away || error.status === 401 || error.status === 429)) {
      if (error.status === 0) online.value = false
      locked.value = error.status === 401
      throw new Away(error.message)
    }
    throw error
  }
}

/** What has been sent, by case, until a list that was asked for later shows what came of it: nobody sees a case fall back meanwhile. */
export const sent = shallowRef(new Map<string, { act: Kept['act']; at: number }>())

export async function look(): Promise<void> {
  const before = waiting.value
  waiting.value = await kept()
  const left = new Set(waiting.value.map((k) => k.id))
  const gone = before.filter((k) => !k.refused && !left.has(k.id))
  if (gone.length === 0) return
  const at = performance.now()
  sent.value = new Map([...sent.value, ...gone.map((k) => [k.case, { act: k.act, at }] as const)])
}

/** A list is here that was asked for at `asked` (performance.now()): it shows what was sent before. */
export function shownUpTo(asked: number): void {
  if (sent.value.size) sent.value = new Map([...sent.value].filter(([, s]) => s.at >= asked))
}

let again: ReturnType<typeof setTimeout> | undefined
/** Sends what waits. Quiet: nobody has to do anything when it cannot be sent. */
export async function sendAll(): Promise<number> {
  if (sending.value) return 0
  sending.value = true
  clearTimeout(again)
  try {
    return await flush({ all: kept, put: keep, drop: forget }, wire, Date.now)
  } catch (error) {
    if (!(error instanceof Away)) console.warn(error)
    return 0
  } finally {
    sending.value = false
    await look()
    if (waiting.value.some((k) => !k.refused)) {
      again = setTimeout(() => void sendAll(), 10_000)
      void wakeWorker()
    }
  }
}

/** Where the browser can do that, the service worker sends even when the page is closed. */
async function wakeWorker(): Promise<void> {
  const worker = (await navigator.serviceWorker?.ready) as
    (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined
  await worker?.sync?.register('outbox').catch(() => {})
}

/** Keeps it first; then everything that waits is sent. */
export async function act(what: Omit<Kept, 'id' | 'at'>): Promise<void> {
  const k: Kept = { ...what, id: newId(), at: Date.now() }
  await keep({ ...k, event: await signed(k) })
  await look()
  await sendAll()
}

export async function dismiss(id: string): Promise<void> {
  await forget(id)
  await look()
}

/** The token that the service worker needs to send by itself. */
export const shareToken = (csrf: string): Promise<unknown> => note('csrf', csrf)

addEventListener('online', () => {
  online.value = true
  void sendAll()
})
addEventListener('offline', () => (online.value = false))
navigator.serviceWorker?.addEventListener('message', (e) => e.data === 'outbox' && void look())
