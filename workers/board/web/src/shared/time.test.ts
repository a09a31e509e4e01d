import { describe, expect, it } from 'vitest'
import {
  clockTime,
  countdown,
  dayOf,
  duration,
  exactly,
  fromInput,
  fullTime,
  toInput,
  zoneName,
} from './time'

const MIN = 60_000
const H = 60 * MIN
const D = 24 * H
const SHANGHAI = 'Asia/Shanghai'
const EVENING = Date.parse('2026-10-12T19:40:20+08:00')

describe('durations in words', () => {
  it.each([
    [0, '0 s', '0秒'],
    [999, '0 s', '0秒'],
    [20_000, '20 s', '20秒'],
    [MIN, '1 min', '1分'],
    [3 * MIN + 20_000, '3 min 20 s', '3分20秒'],
    [5 * MIN + 4_000, '5 min 04 s', '5分04秒'],
    [40 * MIN, '40 min', '40分'],
    [H, '1 h', '1小时'],
    [H + 5 * MIN + 59_000, '1 h 05 min', '1小时05分'],
    [2 * D, '2 d', '2天'],
    [2 * D + 3 * H + 59 * MIN, '2 d 3 h', '2天3小时'],
  ])('%i ms', (ms, en, zh) => {
    expect(duration(ms, 'en')).toBe(en)
    expect(duration(ms, 'zh')).toBe(zh)
    expect(duration(-ms, 'en')).toBe(en)
  })

  it('keeps every part where the reader adds up', () => {
    expect(exactly(2 * D + 3 * H + 59 * MIN + 1, 'en')).toBe('2 d 3 h 59 min 0.001 s')
    expect(exactly(8 * MIN + 20_000, 'zh')).toBe('8分20秒')
    expect(exactly(0, 'en')).toBe('0 s')
  })
})

describe('a countdown', () => {
  it('shows the full second until it has passed, and says that it is late', () => {
    expect(countdown(5 * MIN, 'en')).toBe('5:00')
    expect(countdown(4 * MIN + 59_001, 'en')).toBe('5:00')
    expect(countdown(1, 'en')).toBe('0:01')
    expect(countdown(0, 'en')).toBe('0:00')
    expect(countdown(-61_000, 'en')).toBe('−1:01')
    expect(countdown(3 * H, 'en')).toBe('3:00:00')
    expect(countdown(2 * D + 3 * H, 'en')).toBe('2d 03h')
    expect(countdown(-2 * D - 3 * H, 'zh')).toBe('−2天03时')
  })
})

describe('instants', () => {
  it('are those of the city, wherever the browser stands', () => {
    expect(clockTime(EVENING, EVENING, SHANGHAI, 'en')).toBe('19:40:20')
    expect(clockTime(EVENING, EVENING + D, SHANGHAI, 'en')).toBe('12 Oct 19:40:20')
    expect(clockTime(EVENING, EVENING + D, SHANGHAI, 'zh')).toBe('10月12日 19:40:20')
    expect(fullTime(EVENING, SHANGHAI, 'en')).toContain('UTC+8')
    expect(zoneName(EVENING, SHANGHAI)).toBe('UTC+8')
    expect(dayOf(EVENING + 5 * H, SHANGHAI)).toBe('2026-10-13')
  })

  it('midnight is 00, not 24', () => {
    const midnight = Date.parse('2026-10-13T00:00:00+08:00')
    expect(clockTime(midnight, midnight, SHANGHAI, 'en')).toBe('00:00:00')
    expect(clockTime(midnight, midnight, SHANGHAI, 'zh')).toBe('00:00:00')
  })
})

describe('what somebody types as a time', () => {
  it('is by the clocks of the city', () => {
    expect(toInput(EVENING, SHANGHAI)).toBe('2026-10-12T19:40')
    expect(fromInput('2026-10-12T19:40', SHANGHAI)).toBe(Date.parse('2026-10-12T19:40:00+08:00'))
    expect(fromInput('not a time', SHANGHAI)).toBeNaN()
  })
  it('knows gaps and folds of daylight saving (corner 25)', () => {
    expect(fromInput('2026-10-25T02:30', 'Europe/Berlin')).toBe(Date.parse('2026-10-25T02:30:00+02:00'))
    expect(fromInput('2026-03-29T02:30', 'Europe/Berlin')).toBeGreaterThanOrEqual(
      Date.parse('2026-03-29T03:00:00+02:00'),
    )
    expect(fromInput('2026-07-01T12:00', 'Europe/Berlin')).toBe(Date.parse('2026-07-01T12:00:00+02:00'))
  })
})
