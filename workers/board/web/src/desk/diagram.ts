/** The picture of a life cycle from its file: states in ranks, an arrow for each pair that a transition joins. Pure. */
import type { Rules } from '../shared/names'

export interface Box {
  name: string
  kind: string
  x: number
  y: number
}
export interface Arrow {
  from: string
  to: string
  /** Events, or "K_TRIAGE" for a clock that runs out. */
  causes: string[]
  path: string
}
export interface Diagram {
  boxes: Box[]
  arrows: Arrow[]
  width: number
  height: number
}

export const BOX = { width: 132, height: 46 }
const STEP = { x: 188, y: 96 }

const list = (v: string[] | string | undefined): string[] =>
  v === undefined ? [] : Array.isArray(v) ? v : [v]

/** Each pair of states that a row of the table joins, with everything that takes a case there. OPEN stands for every open state, NEW for none. */
export function pairs(rules: Rules): { from: string; to: string; causes: string[] }[] {
  const open = rules.states.filter((s) => s.kind === 'open').map((s) => s.name)
  const all = new Map<string, { from: string; to: string; causes: string[] }>()
  for (const row of rules.transitions) {
    if (!row.to) continue
    const froms = list(row.from)
    for (const from of froms.includes('OPEN') ? ['OPEN', ...froms.filter((f) => f !== 'OPEN')] : froms) {
      if (from === row.to || (from === 'OPEN' && open.includes(row.to))) continue
      const key = `${from}>${row.to}`
      const pair = all.get(key) ?? { from, to: row.to, causes: [] }
      const cause = row.on ?? row.at ?? ''
      if (!pair.causes.includes(cause)) pair.causes.push(cause)
      all.set(key, pair)
    }
  }
  return [...all.values()]
}

/** How many steps from the report a state is at the earliest; closed ones stand behind every open one. */
function ranks(rules: Rules, edges: { from: string; to: string }[]): Map<string, number> {
  const rank = new Map<string, number>([['NEW', -1]])
  const waiting = ['NEW']
  for (const from of waiting) {
    for (const e of edges) {
      if (e.from !== from || rank.has(e.to)) continue
      rank.set(e.to, rank.get(from)! + 1)
      waiting.push(e.to)
    }
  }
  // In the order of the file open states follow each other; what comes back (RESOLVED → DISPATCHED) goes to the left.
  rules.states.filter((s) => s.kind === 'open').forEach((s, i) => rank.set(s.name, i))
  const last = rules.states.filter((s) => s.kind === 'open').length
  rules.states.filter((s) => s.kind !== 'open').forEach((s, i) => rank.set(s.name, last + i))
  return rank
}

export function diagram(rules: Rules): Diagram {
  const edges = pairs(rules)
  const rank = ranks(rules, edges)
  const open = rules.states.filter((s) => s.kind === 'open')
  const ended = rules.states.filter((s) => s.kind !== 'open')
  const boxes: Box[] = [
    ...open.map((s, i) => ({ name: s.name, kind: s.kind, x: i * STEP.x + 20, y: 150 })),
    ...ended.map((s, i) => ({
      name: s.name,
      kind: s.kind,
      x: (i + 0.5) * ((open.length * STEP.x) / ended.length) - STEP.x / 2 + 40,
      y: 150 + STEP.y * 2 + (i % 2) * 20,
    })),
  ]
  const at = new Map(boxes.map((b) => [b.name, b]))
  const arrows = edges
    .filter((e) => at.has(e.to) && (at.has(e.from) || e.from === 'OPEN'))
    .map((e) => {
      const from = at.get(e.from)
      const to = at.get(e.to)!
      return {
        ...e,
        path: from ? path(from, to, (rank.get(e.to) ?? 0) - (rank.get(e.from) ?? 0)) : fromAny(to),
      }
    })
  return { boxes, arrows, width: open.length * STEP.x + 20, height: 150 + STEP.y * 2 + BOX.height + 50 }
}

/** From every open state: a short arrow of its own, on the right of where the others end. */
const fromAny = (b: Box): string => `M${b.x + BOX.width * 0.8} ${b.y - 34} L${b.x + BOX.width * 0.8} ${b.y}`

/** Straight to the neighbour; in a bow above for a longer way on, below for a way back; down to where a case ends. */
function path(a: Box, b: Box, steps: number): string {
  const [w, h] = [BOX.width, BOX.height]
  if (b.kind !== 'open') {
    const [x1, y1, x2, y2] = [a.x + w / 2, a.y + (a.kind === 'open' ? h : 0), b.x + w / 2, b.y]
    if (a.kind !== 'open')
      return `M${a.x + w / 2} ${a.y + h} C${a.x + w / 2} ${a.y + h + 40} ${b.x + w / 2} ${b.y + h + 40} ${b.x + w / 2} ${b.y + h}`
    return `M${x1} ${y1} C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}`
  }
  if (a.kind !== 'open') {
    const [x1, y1, x2, y2] = [a.x + w / 4, a.y, b.x + w / 4, b.y + h]
    return `M${x1} ${y1} C${x1} ${y1 - 60} ${x2} ${y2 + 60} ${x2} ${y2}`
  }
  if (steps === 1) return `M${a.x + w} ${a.y + h / 2} L${b.x} ${b.y + h / 2}`
  const [x1, x2] = [a.x + w * 0.66, b.x + w * 0.33]
  if (steps > 1) return `M${x1} ${a.y} C${x1} ${a.y - 26 * steps} ${x2} ${b.y - 26 * steps} ${x2} ${b.y}`
  return `M${a.x + w * 0.33} ${a.y} C${a.x + w * 0.33} ${a.y - 22 * -steps - 18} ${b.x + w * 0.66} ${b.y - 22 * -steps - 18} ${b.x + w * 0.66} ${b.y}`
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** "40min", "3h", 90000 as milliseconds; NaN when it is none. */
export function span(value: string | number | undefined): number {
  if (typeof value === 'number') return value
  const m = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/.exec(value ?? '')
  return m ? Number(m[1]) * UNITS[m[2]!]! : NaN
}

/** When a mark of a ladder is told, from the start of a clock with that budget (life cycle page, 3.3). */
export function markAt(
  mark: { share?: number; plus?: string | number; at?: string | number },
  budget: number,
): number {
  if (mark.at !== undefined) return span(mark.at)
  const share = (budget * (mark.share ?? 0)) / 1000
  return mark.plus === undefined ? share : Math.max(share, budget + span(mark.plus))
}
