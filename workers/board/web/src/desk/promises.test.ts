import { describe, expect, it } from 'vitest'
import type { Entry } from '../shared/api'
import { changes, rowOf, STILL, type Row } from './promises'

const PROMISED = new Set(['K_ARRIVE', 'K_RESOLVE'])
const T = (s: string) => `2026-10-12T${s}+08:00`

function entry(facts: object[], more: Partial<Entry> = {}): Entry {
  return {
    lsn: 9,
    t_rec: T('19:00:20'),
    case_number: 17,
    number: 'CL-17',
    open: true,
    facts,
    ...more,
  } as Entry
}
const running = (clock: string, deadline: string): Row =>
  rowOf({
    case_number: 17,
    number: 'CL-17',
    clock,
    deadline: T(deadline),
    overdue: false,
    budget_ms: 300_000,
    state: 'HELD',
    holder: 'P-07',
  })
const started = (clock: string, deadline: string) => ({
  clock: { clock, change: 'START', start: T('19:00:20'), budget_ms: 300_000, deadline: T(deadline) },
})

describe('an entry of a case', () => {
  it('begins promises, and only promises', () => {
    const { puts, drops } = changes(
      entry([started('K_ARRIVE', '19:05:20'), started('K_UPDATE', '20:00:20')], {
        holder: 'P-07',
        state: 'HELD',
      }),
      [],
      PROMISED,
    )
    expect(puts.map((p) => [p.key, p.deadline, p.holder])).toEqual([
      ['CL-17/K_ARRIVE', Date.parse(T('19:05:20')), 'P-07'],
    ])
    expect(drops).toEqual([])
  })

  it('ends the one that was kept and leaves the other', () => {
    const mine = [running('K_ARRIVE', '19:05:20'), running('K_RESOLVE', '19:40:20')]
    const { puts, drops } = changes(
      entry([{ clock: { clock: 'K_ARRIVE', change: 'STOP', met: true } }], { state: 'ONSITE' }),
      mine,
      PROMISED,
    )
    expect(drops).toEqual(['CL-17/K_ARRIVE'])
    expect(puts.map((p) => [p.key, p.state])).toEqual([['CL-17/K_RESOLVE', 'ONSITE']])
  })

  it('moves a deadline', () => {
    const { puts } = changes(
      entry(
        [{ clock: { clock: 'K_RESOLVE', change: 'MOVE', deadline: T('22:00:20'), budget_ms: 10_800_000 } }],
        { class: 'SERIOUS' },
      ),
      [running('K_RESOLVE', '19:40:20')],
      PROMISED,
    )
    expect(puts[0]).toMatchObject({
      deadline: Date.parse(T('22:00:20')),
      budget: 10_800_000,
      class: 'SERIOUS',
    })
  })

  it('stands still and goes on', () => {
    const mine = [running('K_RESOLVE', '19:40:20')]
    const paused = changes(entry([{ clock: { clock: 'K_RESOLVE', change: 'PAUSE' } }]), mine, PROMISED).puts
    expect(paused[0]).toMatchObject({ paused: true, deadline: STILL, due: Date.parse(T('19:40:20')) })
    const resumed = changes(
      entry([{ clock: { clock: 'K_RESOLVE', change: 'RESUME', deadline: T('20:40:20') } }]),
      paused,
      PROMISED,
    ).puts
    expect(resumed[0]).toMatchObject({ paused: false, deadline: Date.parse(T('20:40:20')) })
  })

  it('that ends the case ends every promise', () => {
    const mine = [running('K_ARRIVE', '19:05:20'), running('K_RESOLVE', '19:40:20')]
    expect(changes(entry([], { state: 'CLOSED', open: undefined }), mine, PROMISED).drops).toHaveLength(2)
  })

  it('that says nothing of a promise changes no row', () => {
    const mine = [running('K_RESOLVE', '19:40:20')]
    expect(
      changes(entry([{ reply: { id: 'x' } }], { state: 'HELD', holder: 'P-07' }), mine, PROMISED),
    ).toEqual({ puts: [], drops: [] })
  })

  it('keeps the highest level that was told', () => {
    const told = changes(
      entry([], { state: 'HELD', level: 'L2' }),
      [running('K_RESOLVE', '19:40:20')],
      PROMISED,
    ).puts
    expect(told[0]).toMatchObject({ level: 'L2' })
    expect(changes(entry([], { state: 'HELD', holder: 'P-07', level: 'L1' }), told, PROMISED).puts).toEqual(
      [],
    )
  })

  it('leaves a clock that stopped before it was seen alone', () => {
    expect(changes(entry([{ clock: { clock: 'K_ARRIVE', change: 'STOP' } }]), [], PROMISED)).toEqual({
      puts: [],
      drops: [],
    })
  })
})
