/** What this company has to do now: loaded, followed live, and with what was done here but not yet sent laid over it. */
import { computed, ref, shallowRef } from 'vue'
import { address, get, type City, type WorkItem, type WorkList } from '../shared/api'
import { heard, scaled } from '../shared/clock'
import { city, loadWords, useCity, wantBuildings } from '../shared/names'
import { session } from '../shared/session'
import { Stream, type State } from '../shared/stream'
import { at } from '../shared/time'
import { Turns } from '../shared/turns'
import { online, sent, shownUpTo, waiting } from './outbox'

export const list = shallowRef<WorkList | null>(null)
export const state = ref<State>('connecting')
export const fault = shallowRef<unknown>(null)
/** When the list was true. */
export const trueAt = ref(0)

let stream: Stream | null = null

const turns = new Turns(async (mine) => {
  const asked = performance.now()
  try {
    const answer = await get<WorkList>('inbox')
    if (mine()) show(answer, asked)
  } catch (error) {
    if (mine()) fault.value = error
  }
}, 800)
export const load = (): Promise<void> => turns.now()

function show(answer: WorkList, asked: number): void {
  if (at(answer.now) >= trueAt.value) shownUpTo(asked) // an older one is from the phone itself
  list.value = answer
  const age = Math.abs(Date.now() - at(answer.now))
  if (online.value && age < 120_000) heard(at(answer.now)) // an old answer from the cache says nothing about the time
  trueAt.value = at(answer.now)
  fault.value = null
  new Set(answer.items.map((i) => i.case.where?.estate)).forEach(wantBuildings)
  if (!answer.items.some((i) => session.value?.areas.includes(i.case.holder ?? ''))) nameCompany()
}

/** With nothing to do no case says what this company is called. */
function nameCompany(): void {
  if (!city.value) void get<City>('city').then(useCity, () => {})
}

export function begin(): void {
  end()
  void loadWords().catch(() => {})
  void load()
  stream = new Stream({
    url: address('events'),
    from: null,
    hello: (h) => {
      if (h.scale) scaled(h.scale)
      heard(at(h.now))
    },
    entry: (e) => e.case_number && turns.soon(),
    reset: () => turns.soon(),
    state: (s) => {
      if (s === 'live' && state.value !== 'live') turns.soon() // the list was asked for before: what came between was told to nobody
      state.value = s
    },
  })
}

export function end(): void {
  stream?.close()
  stream = null
  turns.stop()
}

export interface Card {
  item: WorkItem
  number: string
  /** The state, as it is or as it will be when what waits has been sent. */
  state: string
  pending: number
  refused: number
  due: number
}

/** What the acts bring about, for the time until the board has answered. */
const AFTER: Record<string, string> = {
  COMING: 'HELD',
  ARRIVED: 'ONSITE',
  WORKING: 'IN_WORK',
  PROGRESS: 'IN_WORK',
  DONE: 'RESOLVED',
}

export const cards = computed<Card[]>(() =>
  (list.value?.items ?? [])
    .map((item) => {
      const mine = waiting.value.filter((k) => k.case === item.case.number)
      const unsent = mine.filter((k) => !k.refused)
      const last = unsent.filter((k) => AFTER[k.act]).at(-1) ?? sent.value.get(item.case.number)
      return {
        item,
        number: item.case.number,
        state: (last && AFTER[last.act]) ?? item.case.state,
        pending: unsent.length,
        refused: mine.length - unsent.length,
        due: item.deadline ? at(item.deadline) : NaN,
      }
    })
    .sort(
      (a, b) => (Number.isFinite(a.due) ? a.due : Infinity) - (Number.isFinite(b.due) ? b.due : Infinity),
    ),
)

/** The act that comes next, by the state; nothing when it is somebody else's turn. */
export function nextAct(state: string): 'COMING' | 'ARRIVED' | 'DONE' | null {
  if (state === 'DISPATCHED') return 'COMING'
  if (state === 'HELD') return 'ARRIVED'
  if (state === 'ONSITE' || state === 'IN_WORK' || state === 'PLANNED') return 'DONE'
  return null
}
