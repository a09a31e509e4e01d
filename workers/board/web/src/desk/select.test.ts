import { describe, expect, it } from 'vitest'
import { Deadlines } from '../shared/deadlines'
import { rowOf, type Row } from './promises'
import { pressure, selects, sums, SOON_MS } from './select'

const NOW = Date.parse('2026-10-12T19:40:20+08:00')

function row(i: number, left: number, more: object = {}): Row {
  return rowOf({
    case_number: i,
    number: `CL-${i}`,
    clock: i % 2 ? 'K_ARRIVE' : 'K_RESOLVE',
    deadline: new Date(NOW + left).toISOString(),
    budget_ms: 300_000,
    overdue: left < 0,
    where: { grid: `G-${i % 3}`, community: 'C-1', street: 'S-1' },
    holder: `P-${i % 4}`,
    ...more,
  })
}
const rows = Array.from({ length: 300 }, (_, i) => row(i, (i - 100) * 7_000, { paused: i % 50 === 0 }))

describe('a number and the list behind it', () => {
  it('are the same count, whichever way it is made', () => {
    const d = new Deadlines<Row>()
    d.fill(rows)
    const count = (s: Parameters<typeof selects>[0]) => rows.filter((r) => selects(s, r, NOW)).length
    expect(count({ only: 'late' })).toBe(d.late(NOW))
    expect(count({ only: 'soon' })).toBe(d.upTo(NOW + SOON_MS) - d.late(NOW))
    expect(count({})).toBe(d.size)
    expect(count({ only: 'still' })).toBe(6)
  })
  it('grids, holders and clocks add up to the whole', () => {
    for (const by of ['grid', 'street', 'holder'] as const) {
      const all = [...sums(rows, NOW, by).values()]
      expect(all.reduce((n, p) => n + p.running, 0)).toBe(rows.length)
      expect(all.reduce((n, p) => n + p.late, 0)).toBe(
        rows.filter((r) => selects({ only: 'late' }, r, NOW)).length,
      )
    }
    const grid = sums(rows, NOW, 'grid').get('G-1')!
    expect(grid.running).toBe(rows.filter((r) => selects({ place: 'G-1' }, r, NOW)).length)
  })
  it('at its deadline a promise is not late, and a clock that stands is neither late nor soon', () => {
    expect(selects({ only: 'late' }, row(1, 0), NOW)).toBe(false)
    expect(selects({ only: 'soon' }, row(1, 0), NOW)).toBe(true)
    expect(selects({ only: 'late' }, row(1, -5000, { paused: true }), NOW)).toBe(false)
    expect(selects({ only: 'soon' }, row(1, 5000, { paused: true }), NOW)).toBe(false)
  })
})

describe('pressure', () => {
  it('has five steps', () => {
    expect(pressure(undefined)).toBe(0)
    expect(pressure({ running: 2, late: 0, soon: 0 })).toBe(1)
    expect(pressure({ running: 2, late: 0, soon: 1 })).toBe(2)
    expect(pressure({ running: 2, late: 1, soon: 1 })).toBe(3)
    expect(pressure({ running: 4, late: 3, soon: 0 })).toBe(4)
  })
})
