import { expect, it, vi } from 'vitest'
import type { Figures } from '../shared/api'
import { keptBy, percent } from './figures'

vi.mock('./live', () => ({}))
vi.mock('./load', () => ({}))
vi.mock('../shared/session', () => ({}))

type Row = Figures['rows'][number]
const row = (period: string, what: string, clock: string | undefined, n: number): Row =>
  ({ period, dimension: 'city', id: '', what, clock, n }) as Row
const rows = [
  row('2026-10-11', 'kept', 'K_ARRIVE', 2),
  row('2026-10-12', 'kept', 'K_ARRIVE', 3),
  row('2026-10-12', 'broken', 'K_ARRIVE', 1),
  row('2026-10-12', 'broken', 'K_RESOLVE', 4),
  row('2026-10-12', 'broken', 'K_HANDOVER', 8), // nobody was promised that
  row('2026-10-12', 'reported', undefined, 16),
]
const promised = (clock: string) => clock !== 'K_HANDOVER'

it('adds up what was kept and broken of the clocks that count, by whatever is asked for', () => {
  const clocks = keptBy(rows, (r) => r.clock!, promised)
  expect([...clocks]).toEqual([
    ['K_ARRIVE', { kept: 5, broken: 1 }],
    ['K_RESOLVE', { kept: 0, broken: 4 }],
  ])
  const days = keptBy(rows, (r) => r.period, promised)
  expect([...days.values()]).toEqual([
    { kept: 2, broken: 0 },
    { kept: 3, broken: 5 },
  ])
  const sum = (all: Iterable<{ kept: number; broken: number }>) =>
    [...all].reduce((n, k) => n + k.kept + k.broken, 0)
  expect(sum(days.values())).toBe(sum(clocks.values()))
})

it('says no rate of what nobody was promised', () => {
  expect(percent({ kept: 0, broken: 0 })).toBe('–')
  expect(percent({ kept: 2, broken: 1 })).toBe('66.6 %')
})
