/** Counters of days: what was kept and broken. Loaded again when the journal says that something was judged, at most every few seconds. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { get, type Entry, type Figures, type Query } from '../shared/api'
import { session } from '../shared/session'
import { loaded, onEntry } from './live'

export interface Kept {
  kept: number
  broken: number
}

/** Per cent that were kept, cut to a tenth; of none all were. */
export const rate = (k: Kept): number =>
  k.kept + k.broken ? Math.floor((1000 * k.kept) / (k.kept + k.broken)) / 10 : 100
export const percent = (k: Kept): string => (k.kept + k.broken ? `${rate(k)} %` : '–')

/** What a user sees in sum: his areas; whoever has the city sees the city. */
export function ownArea(): Query {
  const areas = session.value?.areas ?? []
  if (areas.length === 0 || areas.includes('city')) return {}
  return session.value?.role.name === 'company' ? { holder: areas.join() } : { place: areas.join() }
}

export function byClock(rows: Figures['rows']): Map<string, Kept> {
  const all = new Map<string, Kept>()
  for (const r of rows) {
    if (!r.clock || (r.what !== 'kept' && r.what !== 'broken')) continue
    const k = all.get(r.clock) ?? { kept: 0, broken: 0 }
    k[r.what] += r.n
    all.set(r.clock, k)
  }
  return all
}

/** Something was kept or broken. */
export const judges = (entry: Entry): boolean =>
  ((entry.facts ?? []) as { breach?: object; breach_mark?: object; clock?: { change: string } }[]).some(
    (f) => f.breach || f.breach_mark || f.clock?.change === 'STOP',
  )

export function useFigures(query: () => Query) {
  const figures = shallowRef<Figures | null>(null)
  const failed = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    try {
      figures.value = await get<Figures>('figures', query())
      failed.value = false
    } catch {
      failed.value = true
    }
  }
  function soon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void load()
    }, 3000)
  }
  const stop = onEntry((entry) => judges(entry) && soon())
  const each = setInterval(soon, 60_000) // the day changes without an entry
  watch([query, loaded], () => void load(), { immediate: true, deep: true })
  onScopeDispose(() => {
    stop()
    clearTimeout(timer)
    clearInterval(each)
  })
  return { figures, failed, reload: load }
}
