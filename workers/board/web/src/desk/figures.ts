/** Counters of days: what was kept and broken. Loaded again when the journal says that something was judged, at most every few seconds. */
import { onScopeDispose, watch } from 'vue'
import type { Entry, Figures, Query } from '../shared/api'
import { session } from '../shared/session'
import { loaded } from './live'
import { useLoaded } from './load'

export const EVERY_MS = 3000

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

type Row = Figures['rows'][number]
/** What was kept and broken of the clocks that count, added up by whatever a row is put to. */
export function keptBy(
  rows: Row[],
  by: (r: Row) => string,
  counts: (clock: string) => boolean,
): Map<string, Kept> {
  const all = new Map<string, Kept>()
  for (const r of rows) {
    if (!r.clock || !counts(r.clock) || (r.what !== 'kept' && r.what !== 'broken')) continue
    const k = all.get(by(r)) ?? { kept: 0, broken: 0 }
    k[r.what] += r.n
    all.set(by(r), k)
  }
  return all
}

/** Something was kept or broken. */
export const judges = (entry: Entry): boolean =>
  ((entry.facts ?? []) as { breach?: object; breach_mark?: object; clock?: { change: string } }[]).some(
    (f) => f.breach || f.breach_mark || f.clock?.change === 'STOP',
  )

/** Of a selection. */
export function useFigures(query: () => Query) {
  const figures = useLoaded<Figures>(() => 'figures', query, judges, EVERY_MS)
  const each = setInterval(figures.soon, 60_000) // the day changes without an entry
  watch(loaded, figures.load)
  onScopeDispose(() => clearInterval(each))
  return figures
}
