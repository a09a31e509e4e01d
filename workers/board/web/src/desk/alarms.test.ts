import { describe, expect, it } from 'vitest'
import type { AlarmList, Entry } from '../shared/api'
import { rang } from './alarms'

const T = '2026-10-12T19:00:00+08:00'
const entry = (lsn: number, alarms: object[], number?: string): Entry =>
  ({
    lsn,
    t_rec: T,
    number,
    facts: [{ clock: {} }, ...alarms.map((alarm) => ({ alarm }))],
  }) as unknown as Entry
const none: AlarmList = { items: [], total: 0, total_exact: true, cut: false }
const gap = { code: 'DUTY_GAP', about: 'P-07', from: T }

describe('what rang', () => {
  it('is one row for the same alarm about the same thing, the newest first', () => {
    let list = rang(none, entry(5, [gap]), 20)!
    list = rang(list, entry(7, [{ code: 'CALENDAR_MISSING' }]), 20)!
    list = rang(list, entry(9, [gap]), 20)!
    list = rang(list, entry(11, [gap], 'CL-3'), 20)!
    expect(list.items.map((a) => [a.lsn, a.code, a.about, a.number, a.times])).toEqual([
      [11, 'DUTY_GAP', 'P-07', 'CL-3', 1],
      [9, 'DUTY_GAP', 'P-07', undefined, 2],
      [7, 'CALENDAR_MISSING', '', undefined, 1],
    ])
    expect([list.total, list.cut, list.items[0]!.t, list.items[1]!.from]).toEqual([3, false, T, T])
  })
  it('is not counted again when the board has told it already', () => {
    const list = rang(none, entry(5, [gap]), 20)!
    expect(rang(list, entry(5, [gap]), 20)).toBe(list)
    expect(rang(list, entry(4, [gap]), 20)).toBe(list)
  })
  it('is asked for anew on another day, when the board leaves out what is too old', () => {
    const list = rang(none, entry(5, [gap]), 20)!
    const next = { ...entry(6, [gap]), t_rec: '2026-10-13T00:00:01+08:00' }
    expect(rang(list, next, 20)).toBeNull()
    expect(rang(none, next, 20)!.items.length).toBe(1)
  })
  it('shows no more than a page of it, and says so', () => {
    const list = rang(none, entry(5, [gap, { ...gap, about: 'P-08' }, { ...gap, about: 'P-09' }]), 2)!
    expect([list.items.map((a) => a.about), list.total, list.cut]).toEqual([['P-09', 'P-08'], 3, true])
    expect(rang(list, entry(6, [{ ...gap, about: 'P-08' }]), 2)!.items.map((a) => a.times)).toEqual([2, 1])
    expect(rang(list, entry(6, [gap]), 2), 'it is behind the cut, or new').toBeNull()
  })
})
