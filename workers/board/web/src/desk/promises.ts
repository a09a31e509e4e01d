/** From what the board says of clocks to rows of running promises. Pure; live.ts keeps the rows. */
import type { Entry, Running, Where } from '../shared/api'
import type { Promised } from '../shared/deadlines'
import { at } from '../shared/time'

/** `deadline` is where the row stands in the order: of a clock that stands still, at the end; `due` is what was promised. */
export interface Row extends Promised {
  due: number
  case_number: number
  number: string
  clock: string
  start: number
  budget: number
  paused: boolean
  level: string
  class: string
  state: string
  category: string
  holder: string
  where: Where
  drill: boolean
}

export const keyOf = (number: string, clock: string): string => `${number}/${clock}`

/** The place in the order of what stands still. */
export const STILL = Number.MAX_SAFE_INTEGER

export function rowOf(r: Running): Row {
  return {
    key: keyOf(r.number, r.clock),
    deadline: r.paused ? STILL : at(r.deadline),
    due: at(r.deadline),
    case_number: r.case_number,
    number: r.number,
    clock: r.clock,
    start: at(r.start),
    budget: r.budget_ms ?? 0,
    paused: r.paused ?? false,
    level: r.level ?? '',
    class: r.class ?? '',
    state: r.state ?? '',
    category: r.category ?? '',
    holder: r.holder ?? '',
    where: r.where ?? {},
    drill: r.drill ?? false,
  }
}

interface ClockFact {
  clock: string
  change: string
  start?: string
  budget_ms?: number
  deadline?: string
}

/**
 * What an entry changes among the rows of its case (`mine`). `promised`: the clocks that are promises by the rules in force.
 * A clock that started, moved or went on is a row with its new deadline, one that paused stands still, one that stopped or is
 * void is none; a case that is no longer open has none. State, holder, level and class of the entry hold for every row left.
 */
export function changes(
  entry: Entry,
  mine: Row[],
  promised: ReadonlySet<string>,
): { puts: Row[]; drops: string[] } {
  const number = entry.number ?? ''
  const rows = new Map(mine.map((row) => [row.clock, row]))
  const drops: string[] = []
  const facts = (entry.facts ?? []) as { clock?: ClockFact }[]
  for (const { clock: fact } of facts) {
    if (!fact || !promised.has(fact.clock)) continue
    if (fact.change === 'STOP' || fact.change === 'VOID') {
      if (rows.delete(fact.clock)) drops.push(keyOf(number, fact.clock))
      continue
    }
    const before = rows.get(fact.clock)
    const due = fact.deadline ? at(fact.deadline) : (before?.due ?? NaN)
    if (!Number.isFinite(due)) continue
    const paused = fact.change === 'PAUSE' || (fact.change !== 'RESUME' && (before?.paused ?? false))
    rows.set(fact.clock, {
      ...(before ?? blank(entry)),
      key: keyOf(number, fact.clock),
      number,
      clock: fact.clock,
      due,
      deadline: paused ? STILL : due,
      start: fact.start ? at(fact.start) : (before?.start ?? NaN),
      budget: fact.budget_ms ?? before?.budget ?? 0,
      paused,
    })
  }
  // What is false is left out: an entry with a state and without `open` has ended its case.
  if (entry.state && !entry.open) return { puts: [], drops: mine.map((row) => row.key) }
  const puts = [...rows.values()].map((row) => dressed(row, entry))
  return { puts: puts.filter((row) => differs(row, mine)), drops }
}

function blank(entry: Entry): Row {
  return {
    key: '',
    deadline: NaN,
    due: NaN,
    case_number: entry.case_number ?? 0,
    number: entry.number ?? '',
    clock: '',
    start: NaN,
    budget: 0,
    paused: false,
    level: '',
    class: '',
    state: '',
    category: '',
    holder: '',
    where: {},
    drill: entry.drill ?? false,
  }
}

function dressed(row: Row, entry: Entry): Row {
  return {
    ...row,
    level: (entry.level ?? '') > row.level ? entry.level! : row.level, // the highest that this entry told
    class: entry.class ?? row.class,
    state: entry.state ?? row.state,
    holder: entry.holder ?? row.holder,
    where: entry.where ?? row.where,
    drill: entry.drill ?? row.drill,
  }
}

const SEEN = ['deadline', 'start', 'budget', 'paused', 'level', 'class', 'state', 'holder'] as const

function differs(row: Row, mine: Row[]): boolean {
  const before = mine.find((m) => m.key === row.key)
  return !before || SEEN.some((field) => !Object.is(before[field], row[field]))
}
