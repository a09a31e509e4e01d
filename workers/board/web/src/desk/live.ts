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
import { lifeCycle, loadNames } from '../shared/names'
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
  listeners.forEach((listener) => listener(entry))
}

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
let asOf = -1

/**
 * Follows first and loads then: what comes while the list is on its way is kept, and taken once the list is there, as far as it
 * is newer. So nothing can fall between the two.
 */
function load(): void {
  loading?.abort()
  stream?.close()
  clearTimeout(late)
  const mine = (loading = new AbortController())
  buffer = []
  stream = new Stream({
    url: address('events'),
    from: null,
    hello: (h) => {
      if (h.scale) scaled(h.scale)
      heard(at(h.now))
      if (buffer || asOf < 0) void fill(mine)
      else if (!followed && h.lsn > asOf) load()
      followed = true
    },
    entry: (entry) => (buffer ? void buffer.push(entry) : take(entry)),
    reset: load,
    state: (s) => (state.value = s),
  })
  followed = false
  late = setTimeout(() => buffer && void fill(mine), 3000) // no stream: what is true now is better than nothing
}
let followed = false
let late: ReturnType<typeof setTimeout> | undefined

async function fill(mine: AbortController): Promise<void> {
  clearTimeout(late)
  try {
    if (!lifeCycle.value) await loadNames()
    asOf = await loadRunning(mine.signal)
    if (mine.signal.aborted) return
    failed.value = null
    loaded.value = true
    trueAt.value = daemonNow()
    const kept = buffer ?? []
    buffer = null
    kept.filter((entry) => entry.lsn > asOf).forEach(take)
    touch()
  } catch (error) {
    if (mine.signal.aborted) return
    failed.value = error
    late = setTimeout(() => loading === mine && void fill(mine), 3000)
  }
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
  asOf = -1
  health.value = null
}
