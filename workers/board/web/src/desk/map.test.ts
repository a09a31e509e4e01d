import { describe, expect, it } from 'vitest'
import { bounds, projected } from './map'

const square = (id: string, west: number, south: number, more = {}) => ({
  properties: { id, ...more },
  geometry: {
    type: 'Polygon' as const,
    coordinates: [
      [
        [west, south],
        [west + 1, south],
        [west + 1, south + 1],
        [west, south + 1],
        [west, south],
      ] as [number, number][],
    ],
  },
})
const NOW = Date.parse('2026-10-12T12:00:00Z')

describe('the picture of a city', () => {
  it('has north above and each number in the middle of its grid', () => {
    const [low, high] = projected({ features: [square('G-1', 0, 0), square('G-2', 0, 1)] }, NOW)
    expect(high!.y).toBeLessThan(low!.y)
    expect(low!.x).toBe(600)
    expect(bounds([low!, high!])).toMatch(/^-6 -6 1212 2\d{3}$/)
  })
  it('has a border that moves once, as it is on that day', () => {
    const features = [
      square('G-1', 0, 0, { to: '2026-10-12' }),
      square('G-1', 0, 0, { from: '2026-10-13' }),
      square('G-2', 1, 0, { to: '2026-10-11' }),
    ]
    expect(projected({ features }, NOW).map((s) => s.id)).toEqual(['G-1'])
  })
  it('of nothing is nothing', () => {
    expect(projected({ features: [] }, NOW)).toEqual([])
    expect(bounds([])).toBe('-6 -6 1212 112')
  })
})
