import { describe, expect, it } from 'vitest'
import { Deadlines } from './deadlines'

const row = (key: string, deadline: number) => ({ key, deadline })
const keys = (d: Deadlines<{ key: string; deadline: number }>) => Array.from(d, (x) => x.key)

describe('running promises', () => {
  it('stand in the order in which they break', () => {
    const d = new Deadlines()
    d.fill([row('b', 20), row('a', 30), row('c', 10)])
    d.put(row('d', 15))
    expect(keys(d)).toEqual(['c', 'd', 'b', 'a'])
    expect(d.slice(1, 3).map((x) => x.key)).toEqual(['d', 'b'])
  })
  it('a moved deadline is one row, not two', () => {
    const d = new Deadlines()
    d.fill([row('a', 10), row('b', 20)])
    d.put(row('a', 30))
    expect(keys(d)).toEqual(['b', 'a'])
    d.drop('b')
    d.drop('never-there')
    expect(d.size).toBe(1)
    expect(d.get('a')?.deadline).toBe(30)
  })
  it('at the deadline itself a promise is not late (R3)', () => {
    const d = new Deadlines()
    d.fill([row('a', 10), row('b', 10), row('c', 11)])
    expect(d.late(10)).toBe(0)
    expect(d.late(11)).toBe(2)
    expect(d.upTo(10)).toBe(2)
  })
  it('equal deadlines keep one order whatever comes first', () => {
    const d = new Deadlines()
    for (const key of ['m', 'z', 'a']) d.put(row(key, 5))
    expect(keys(d)).toEqual(['a', 'm', 'z'])
  })
  it('is the same as sorting, over many changes', () => {
    const d = new Deadlines()
    const plain = new Map<string, number>()
    let seed = 1
    const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n
    for (let i = 0; i < 3000; i++) {
      const key = `k${random(200)}`
      if (random(3) === 0) {
        d.drop(key)
        plain.delete(key)
      } else {
        const at = random(500)
        d.put(row(key, at))
        plain.set(key, at)
      }
    }
    const expected = Array.from(plain).sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
    expect(keys(d)).toEqual(expected.map(([k]) => k))
  })
})
