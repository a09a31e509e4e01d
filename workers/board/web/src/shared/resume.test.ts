import { describe, expect, it } from 'vitest'
import { judge, parseId, printId, wait } from './resume'

describe('the id of an event', () => {
  it('is an epoch and a number', () => {
    expect(parseId('4f2a-17')).toEqual({ epoch: '4f2a', lsn: 17 })
    expect(printId({ epoch: '4f2a', lsn: 17 })).toBe('4f2a-17')
  })
  it.each(['', '17', '-17', '4f2a-', '4f2a--1', '4f2a-1e3', '4f2a-99999999999999999999', 'a b-1'])(
    'is not %j',
    (id) => {
      expect(parseId(id)).toBeNull()
    },
  )
})

describe('an event that comes', () => {
  const at = { epoch: 'a', lsn: 10 }
  it('is taken once', () => {
    expect(judge(at, 'a-11')).toBe('take')
    expect(judge(at, 'a-10')).toBe('old')
    expect(judge(at, 'a-9')).toBe('old')
  })
  it('may skip numbers: entries of other areas are not ours', () => {
    expect(judge(at, 'a-5000')).toBe('take')
  })
  it('of another journal, or without an id, starts afresh', () => {
    expect(judge(at, 'b-11')).toBe('reset')
    expect(judge(at, 'nonsense')).toBe('reset')
  })
  it('is the first one', () => {
    expect(judge(null, 'a-1')).toBe('take')
  })
})

describe('the wait before the next try', () => {
  it('doubles, has an end, and differs from page to page', () => {
    expect(wait(0, 0)).toBe(250)
    expect(wait(0, 1)).toBe(500)
    expect(wait(3, 1)).toBe(4000)
    expect(wait(50, 1)).toBe(15_000)
    expect(wait(50, 0)).toBe(7_500)
  })
})
