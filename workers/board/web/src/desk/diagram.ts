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

/** How a picture lies: open states in a row with their bows above, or, for narrow screens, in a column with their bows on the left. */
const LYING = {
  step: 188,
  first: 20,
  open: 150,
  ended: 342,
  lift: 20,
  bow: 26,
  back: [22, 18],
  size: [BOX.width, BOX.height],
} as const
const STANDING = {
  step: 92,
  first: 20,
  open: 46,
  ended: 236,
  lift: 0,
  bow: 9,
  back: [8, 8],
  size: [BOX.height, BOX.width],
} as const
type Lay = typeof LYING | typeof STANDING

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

export function diagram(rules: Rules, standing = false): Diagram {
  const lay = standing ? STANDING : LYING
  const edges = pairs(rules)
  const rank = ranks(rules, edges)
  const open = rules.states.filter((s) => s.kind === 'open')
  const ended = rules.states.filter((s) => s.kind !== 'open')
  const long = open.length * lay.step
  const spots: Spot[] = [
    ...open.map((s, i) => ({ ...s, along: i * lay.step + lay.first, across: lay.open })),
    ...ended.map((s, i) => ({
      ...s,
      along: (i + 0.5) * (long / ended.length) - lay.step / 2 + (standing ? lay.first : 40),
      across: lay.ended + (i % 2) * lay.lift,
    })),
  ]
  const at = new Map(spots.map((b) => [b.name, b]))
  const arrows = edges
    .filter((e) => at.has(e.to) && (at.has(e.from) || e.from === 'OPEN'))
    .map((e) => {
      const from = at.get(e.from)
      const to = at.get(e.to)!
      const points = from
        ? path(lay, from, to, (rank.get(e.to) ?? 0) - (rank.get(e.from) ?? 0))
        : fromAny(lay, to)
      return { ...e, path: drawn(points, standing) }
    })
  const [width, height] = [long + 20, lay.ended + lay.size[1] + (standing ? 14 : 50)]
  const boxes = spots.map(({ name, kind, along, across }) =>
    standing ? { name, kind, x: across, y: along } : { name, kind, x: along, y: across },
  )
  return standing ? { boxes, arrows, width: height, height: width } : { boxes, arrows, width, height }
}

/** Where a box begins, along the row of open states and across it. */
interface Spot {
  name: string
  kind: string
  along: number
  across: number
}
type Point = [along: number, across: number]

/** A line through two points, a curve through four. */
function drawn(points: Point[], standing: boolean): string {
  const [first, ...rest] = points.map(([along, across]) =>
    standing ? `${across} ${along}` : `${along} ${across}`,
  )
  return `M${first} ${rest.length === 1 ? 'L' : 'C'}${rest.join(' ')}`
}

/** From every open state: a short arrow of its own, beside where the others end. */
const fromAny = (lay: Lay, b: Spot): Point[] => [
  [b.along + lay.size[0] * 0.8, b.across - 34],
  [b.along + lay.size[0] * 0.8, b.across],
]

/** Straight to the neighbour; in a bow for a longer way on and for a way back; across to where a case ends. */
function path(lay: Lay, a: Spot, b: Spot, steps: number): Point[] {
  const [w, h] = lay.size
  const bow = (from: number, to: number, reach: number): Point[] => [
    [a.along + w * from, a.across],
    [a.along + w * from, a.across - reach],
    [b.along + w * to, b.across - reach],
    [b.along + w * to, b.across],
  ]
  if (b.kind !== 'open') {
    const middle: [number, number] = [a.along + w / 2, b.along + w / 2]
    const reach = a.kind === 'open' ? (a.across + h + b.across) / 2 : a.across + h + 40
    const [y1, y2] = a.kind === 'open' ? [a.across + h, b.across] : [a.across + h, b.across + h]
    return [
      [middle[0], y1],
      [middle[0], reach],
      [middle[1], reach],
      [middle[1], y2],
    ]
  }
  if (a.kind !== 'open') {
    const [x1, x2, y2] = [a.along + w / 4, b.along + w / 4, b.across + h]
    return [
      [x1, a.across],
      [x1, a.across - 60],
      [x2, y2 + 60],
      [x2, y2],
    ]
  }
  if (steps === 1)
    return [
      [a.along + w, a.across + h / 2],
      [b.along, b.across + h / 2],
    ]
  if (steps > 1) return bow(0.66, 0.33, lay.bow * steps)
  return bow(0.33, 0.66, lay.back[0] * -steps + lay.back[1])
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
