/**
 * Which of the running promises a number on a page counts, and the list behind it shows: one function for both, so that they
 * cannot differ. Pure.
 */
import type { Where } from '../shared/api'
import { STILL, type Row } from './promises'

export interface Selection {
  /** 'late': broken; 'soon': due within `within`; 'fifth': in its last fifth; 'still': the clock stands; '': all. */
  only?: '' | 'late' | 'soon' | 'fifth' | 'still'
  /** For 'soon', in ms. */
  within?: number
  place?: string
  holder?: string
  clock?: string
  class?: string
}

export const SOON_MS = 10 * 60_000

/** Whether that lies in the place; 'none': it has none. */
export function liesIn(where: Where, place: string): boolean {
  if (place === 'none') return !where.street
  return (
    where.grid === place ||
    where.community === place ||
    where.street === place ||
    where.estate === place ||
    where.building === place
  )
}

export function selects(s: Selection, row: Row, now: number): boolean {
  if (s.clock && row.clock !== s.clock) return false
  if (s.class && row.class !== s.class) return false
  if (s.holder && row.holder !== s.holder) return false
  if (s.place && !liesIn(row.where, s.place)) return false
  if (s.only === 'late') return row.deadline < now
  if (s.only === 'soon') return row.deadline >= now && row.deadline <= now + (s.within ?? SOON_MS)
  if (s.only === 'fifth') return lastFifth(row, now)
  if (s.only === 'still') return row.deadline === STILL
  return true
}

/** How a place stands: nothing runs, all in time, something is in its last fifth, something is broken, three or more are. */
export type Pressure = 0 | 1 | 2 | 3 | 4

export interface Press {
  running: number
  late: number
  soon: number
}

export const lastFifth = (row: Row, now: number): boolean =>
  row.deadline !== STILL && row.deadline >= now && row.budget > 0 && row.due - now <= row.budget / 5

export function pressure(p: Press | undefined): Pressure {
  if (!p?.running) return 0
  if (p.late >= 3) return 4
  if (p.late > 0) return 3
  return p.soon > 0 ? 2 : 1
}

/** The running promises summed up by one of their places, or by who holds them. */
export function sums(rows: Iterable<Row>, now: number, by: keyof Where | 'holder'): Map<string, Press> {
  const all = new Map<string, Press>()
  for (const row of rows) {
    const id = (by === 'holder' ? row.holder : row.where[by]) ?? ''
    let p = all.get(id)
    if (!p) all.set(id, (p = { running: 0, late: 0, soon: 0 }))
    p.running++
    if (row.deadline < now) p.late++
    else if (lastFifth(row, now)) p.soon++
  }
  return all
}
