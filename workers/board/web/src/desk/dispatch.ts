/**
 * The dispatcher's desk without its looks: two queues, the case that is chosen in one of them, what may be the same complaint, and what
 * can be decided. Each decision is one command; after it the next case is there.
 */
import { computed, nextTick, reactive, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Entry, Route, WorkItem, WorkList } from '../shared/api'
import { t } from '../shared/i18n'
import { lifeCycle, placeName, wantBuildings } from '../shared/names'
import { useCommand } from './command'
import { useLoaded } from './load'

export type Queue = 'triage' | 'returns'
export type Decision = 'ACCEPT' | 'REFUSE' | 'ARBITRATE'
export type Desk = ReturnType<typeof useDispatch>

/** Where it is, in words; as it was told when the city does not know it. */
export const spot = (i: WorkItem): string =>
  placeName(i.case.where?.building ?? i.case.where?.estate ?? i.case.where?.grid) ||
  i.report?.place ||
  t('area.noplace')

const moves = (e: Entry) => !!e.facts?.some((f) => 'state' in f || 'flag' in f || 'class' in f)

/** Which case is looked at, and what is known of it. */
function useChoice() {
  const route = useRoute()
  const router = useRouter()
  const queue = computed<Queue>(() => (route.query.queue === 'returns' ? 'returns' : 'triage'))
  const triage = useLoaded<WorkList>(() => 'triage', undefined, moves)
  const returns = useLoaded<WorkList>(() => 'returns', undefined, moves)
  const list = computed(() => (queue.value === 'triage' ? triage : returns))
  const items = computed(() => list.value.data.value?.items ?? [])
  watch(items, (all) => all.forEach((i) => wantBuildings(i.case.where?.estate)))

  const number = ref('')
  const chosen = computed<WorkItem | undefined>(
    () => items.value.find((i) => i.case.number === number.value) ?? items.value[0],
  )
  const place = computed(() => items.value.findIndex((i) => i === chosen.value))
  function choose(next: WorkItem | undefined): void {
    if (next) number.value = next.case.number
  }
  function move(by: number): void {
    choose(items.value[Math.min(items.value.length - 1, Math.max(0, place.value + by))])
    void nextTick(() => document.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'nearest' }))
  }
  /** To the next one, because this one is done. */
  function leave(): void {
    choose(items.value[place.value + 1] ?? items.value[place.value - 1])
    void triage.load()
    void returns.load()
  }
  function turn(): void {
    void router.replace({ query: { queue: queue.value === 'triage' ? 'returns' : undefined } })
  }
  const load = () => void list.value.load()
  const listFault = computed(() => list.value.fault.value)
  /** How many wait when not all of them are listed; 0: all are. */
  const cutOf = computed(() => (list.value.data.value?.cut ? list.value.data.value.total : 0))
  return { queue, triage, returns, load, listFault, cutOf, items, chosen, choose, move, leave, turn }
}

export function useDispatch() {
  const choice = useChoice()
  const { queue, chosen, leave } = choice
  const form = reactive({ class: '', holder: '', why: '', reason: '' })
  const { busy, fault, run } = useCommand()
  const said = ref('')
  const duplicate = ref(0)
  const rejecting = ref(false)

  const path = (what: string) => () => (chosen.value ? `cases/${chosen.value.case.number}/${what}` : null)
  const why = useLoaded<Route>(path('route'), () => ({ class: form.class }))
  const similar = useLoaded<WorkList>(path('similar'))
  const others = computed(() =>
    (similar.data.value?.items ?? []).filter((i) => i.case.number !== chosen.value?.case.number),
  )
  const classes = computed(() => lifeCycle.value?.rules.classes ?? [])
  const asked = computed(() => chosen.value?.return ?? chosen.value?.case.returns?.at(-1))
  /** Who has had the case: a return that is accepted goes to somebody else. */
  const tried = computed(() => [
    asked.value?.holder,
    ...(chosen.value?.case.returns ?? []).filter((r) => r.cause === 'RETURN_ACCEPTED').map((r) => r.holder),
  ])
  const arbitrates = computed(() => chosen.value?.clock === 'K_ARBITRATE')
  /** The table names one of them once more. */
  const circular = computed(
    () => queue.value === 'returns' && !arbitrates.value && tried.value.includes(why.data.value?.holder),
  )
  watch(
    () => chosen.value?.case.number,
    () => {
      form.class = chosen.value?.case.class ?? ''
      form.holder = form.why = form.reason = ''
      why.data.value = similar.data.value = null // no decision goes by what was known of another case
      duplicate.value = 0
      rejecting.value = false
      fault.value = ''
    },
    { immediate: true },
  )

  async function send(what: string, body: object): Promise<boolean> {
    const c = chosen.value?.case
    if (!c || busy.value) return false
    const reply = await run(`cases/${c.number}/${what}`, { if_version: c.case_version, ...body })
    if (!reply) choice.load()
    return !!reply
  }
  function after(text: string): void {
    said.value = text
    leave()
  }

  /** A class alone routes by the table; a holder named here is routed first, and classed once he has it. */
  async function dispatch(): Promise<void> {
    const c = chosen.value?.case
    if (!c || queue.value !== 'triage') return
    if (!form.class && !form.holder) return void (fault.value = t('dispatch.needs'))
    const reason = form.why.trim() || undefined
    let ok: boolean
    if (form.holder) {
      ok = await send('route', { holder: form.holder, why: reason })
      if (ok && form.class) ok = !!(await run(`cases/${c.number}/class`, { class: form.class }))
    } else {
      ok = await send('class', { class: form.class, why: reason })
    }
    if (ok) after(t('dispatch.done', { case: c.number }))
  }
  async function decide(decision: Decision): Promise<void> {
    const c = chosen.value?.case
    if (!c || queue.value !== 'returns') return
    if (decision === 'ACCEPT' && circular.value && !form.holder)
      return void (fault.value = t('dispatch.another'))
    const holder = decision === 'REFUSE' ? undefined : form.holder || why.data.value?.holder
    if (await send('return', { decision, holder, why: form.why.trim() || undefined }))
      after(t('dispatch.decided', { case: c.number }))
  }
  async function merge(): Promise<void> {
    const c = chosen.value?.case
    const into = others.value[duplicate.value]?.case.number
    if (c && into && queue.value === 'triage' && (await send('merge', { step: 'MERGE', into })))
      after(t('dispatch.merged', { case: c.number, into }))
  }
  async function reject(): Promise<void> {
    const c = chosen.value?.case
    if (c && form.reason && (await send('reject', { reason: form.reason })))
      after(t('dispatch.rejected', { case: c.number }))
  }
  const state = {
    form,
    busy,
    fault,
    said,
    duplicate,
    rejecting,
    why,
    others,
    classes,
    asked,
    arbitrates,
    circular,
  }
  return reactive({ ...choice, ...state, dispatch, decide, merge, reject })
}
