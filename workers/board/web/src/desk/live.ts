/**
 * What runs now, kept up to date by the journal: one stream and one list of promises for the whole desk, however many pages look.
 *
 * The list is what GET /running gives, true as of its LSN; from there every clock fact of an entry puts, moves or drops a row.
 * What cannot be followed (pruned, other journal) is loaded anew. Rows are plain objects outside of Vue's proxies: ten thousand
 * of them cost nothing until they are looked at; `version` says that something has changed, at most four times a second.
 */
import { computed, ref, shallowRef } from 'vue'
import { address, get, pages, type Entry, type Health, type Running, type RunningList } from '../shared/api'
import { daemonNow, heard, scaled } from '../shared/clock'
import { Deadlines } from '../shared/deadlines'
import { haveNames, lifeCycle, loadNames } from '../shared/names'
import { Stream, type State } from '../shared/stream'
import { at } from '../shared/time'
import { changes, rowOf, type Row } from './promises'

export const promises = new Deadlines<Row>()
export const version = ref(0)
export const state = ref<State>('connecting')
export const health = shallowRef<Health | null>(null)
export const loaded = ref(false)
export const failed = shallowRef<unknown>(null)
/** When what is shown was true for the last time. */
export const trueAt = ref(0)

const byCase = new Map<number, Set<string>>()
const listeners = new Set<(entry: Entry) => void>()
let stream: Stream | null = null
let timer: ReturnType<typeof setInterval> | undefined
let loading: AbortController | null = null

/** Counts how often something came that no listener was told of: what was loaded before may be old, and is loaded anew. */
export const anew = ref(0)

/** Listeners are told of what came behind this entry; -1: not known yet. What was asked before may know less. */
export const told = ref(-1)

/** Called for each entry that comes, until the answer is called. */
export function onEntry(what: (entry: Entry) => void): () => void {
  listeners.add(what)
  return () => listeners.delete(what)
}

let changed: ReturnType<typeof setTimeout> | undefined
function touch(): void {
  changed ??= setTimeout(() => {
    changed = undefined
    version.value++
  }, 250)
}

function put(row: Row): void {
  promises.put(row)
  let keys = byCase.get(row.case_number)
  if (!keys) byCase.set(row.case_number, (keys = new Set()))
  keys.add(row.key)
}

function drop(key: string): void {
  const row = promises.get(key)
  if (!row) return
  promises.drop(key)
  const keys = byCase.get(row.case_number)
  keys?.delete(key)
  if (keys?.size === 0) byCase.delete(row.case_number)
}

function take(entry: Entry): void {
  trueAt.value = daemonNow()
  const n = entry.case_number
  if (n) {
    const mine = [...(byCase.get(n) ?? [])].map((key) => promises.get(key)!)
    const { puts, drops } = changes(entry, mine, promisedClocks.value)
    drops.forEach(drop)
    puts.forEach(put)
    if (puts.length || drops.length) touch()
  }
  if (entry.facts?.some((f) => 'rules' in f)) void loadNames()
  tell(entry)
}
const tell = (entry: Entry): void => listeners.forEach((listener) => listener(entry))

const promisedClocks = computed(
  () => new Set((lifeCycle.value?.rules.clocks ?? []).filter((c) => c.promise).map((c) => c.name)),
)

async function loadRunning(signal: AbortSignal): Promise<number> {
  const rows: Row[] = []
  let lsn = Infinity
  await pages<RunningList>(
    'running',
    { limit: 2000 },
    (page) => {
      heard(at(page.now))
      lsn = Math.min(lsn, page.lsn)
      for (const item of page.items as Running[]) rows.push(rowOf(item))
    },
    signal,
  )
  promises.fill(rows)
  byCase.clear()
  for (const row of rows) {
    const keys = byCase.get(row.case_number) ?? new Set<string>()
    byCase.set(row.case_number, keys.add(row.key))
  }
  return lsn
}

let buffer: Entry[] | null = null
/** The list is true as of this entry, and the stream tells what came behind `told`; -1: not yet. */
let asOf = -1
/** What came between the two, or before a stream that begins anew, was told nobody. */
let missed = false
let late: ReturnType<typeof setTimeout> | undefined

/**
 * Asks for both at once, the list and what comes from now on, which is kept until the list is there. Where the list is older than
 * the stream it is asked for again: so nothing can fall between the two, and what is there first is shown first.
 */
function load(): void {
  loading?.abort()
  stream?.close()
  const mine = (loading = new AbortController())
  buffer = []
  asOf = told.value = -1
  stream = new Stream({
    url: address('events'),
    from: null,
    hello: (h) => {
      if (h.scale) scaled(h.scale)
      heard(at(h.now))
      if (told.value >= 0) return
      told.value = h.lsn
      join(mine)
    },
    entry: (entry) => (buffer ? void buffer.push(entry) : take(entry)),
    reset: () => {
      missed = true
      load()
    },
    state: (s) => (state.value = s),
  })
  void fill(mine)
}

async function fill(mine: AbortController): Promise<void> {
  clearTimeout(late)
  try {
    const [lsn] = await Promise.all([loadRunning(mine.signal), haveNames() ? undefined : loadNames()])
    if (mine.signal.aborted) return
    asOf = lsn
    failed.value = null
    loaded.value = true
    trueAt.value = daemonNow()
    join(mine)
    touch()
  } catch (error) {
    if (mine.signal.aborted) return
    failed.value = error
    late = setTimeout(() => loading === mine && void fill(mine), 3000)
  }
}

function join(mine: AbortController): void {
  if (!buffer || asOf < 0 || told.value < 0) return
  if (told.value > asOf) {
    missed = true
    clearTimeout(late)
    late = setTimeout(() => loading === mine && void fill(mine), 100)
    return
  }
  const kept = buffer
  buffer = null
  kept.forEach((entry) => (entry.lsn > asOf ? take(entry) : tell(entry))) // the list has it; others may not
  if (missed) anew.value++
  missed = false
}

function heardHealth(h: Health): void {
  if (h.scale) scaled(h.scale)
  if (h.status !== 'away') {
    heard(at(h.now))
    if (state.value === 'live') trueAt.value = daemonNow()
  }
  health.value = h
}

/** Begins with the session; begins anew with another one. */
export function beginLive(): void {
  endLive()
  load()
  const ask = () => void get<Health>('health').then(heardHealth, () => {})
  ask()
  timer = setInterval(ask, 5000)
}

export function endLive(): void {
  loading?.abort()
  stream?.close()
  stream = null
  clearInterval(timer)
  clearTimeout(late)
  promises.fill([])
  byCase.clear()
  loaded.value = false
  asOf = told.value = -1
  health.value = null
}
