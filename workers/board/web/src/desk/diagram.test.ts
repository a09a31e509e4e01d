import { describe, expect, it } from 'vitest'
import type { Rules } from '../shared/names'
import { BOX, diagram, markAt, pairs, span } from './diagram'

const rules = {
  states: [
    { name: 'RECEIVED', kind: 'open' },
    { name: 'HELD', kind: 'open' },
    { name: 'RESOLVED', kind: 'open' },
    { name: 'CLOSED', kind: 'closed' },
    { name: 'WITHDRAWN', kind: 'terminal' },
  ],
  transitions: [
    { from: ['NEW'], on: 'REPORTED', to: 'RECEIVED' },
    { from: ['RECEIVED'], on: 'ROUTED', to: 'HELD' },
    { from: ['RECEIVED'], at: 'K_TRIAGE', to: 'HELD' },
    { from: ['HELD', 'RECEIVED'], on: 'RESOLVED', to: 'RESOLVED' },
    { from: ['RESOLVED'], on: 'CALLBACK_BAD', to: 'HELD' },
    { from: ['RESOLVED'], on: 'CALLBACK_OK', to: 'CLOSED' },
    { from: ['CLOSED'], on: 'REOPENED', to: 'HELD' },
    { from: ['OPEN'], on: 'WITHDRAW_ASKED', to: 'WITHDRAWN' },
    { from: ['HELD'], on: 'COMMENT' },
  ],
} as unknown as Rules

describe('the picture of a life cycle', () => {
  it('has every state once and an arrow for every pair', () => {
    const d = diagram(rules)
    expect(d.boxes.map((b) => b.name).sort()).toEqual(['CLOSED', 'HELD', 'RECEIVED', 'RESOLVED', 'WITHDRAWN'])
    expect(new Set(d.boxes.map((b) => `${b.x},${b.y}`)).size).toBe(5)
    expect(d.arrows.map((a) => `${a.from}>${a.to}`).sort()).toEqual([
      'CLOSED>HELD',
      'HELD>RESOLVED',
      'OPEN>WITHDRAWN',
      'RECEIVED>HELD',
      'RECEIVED>RESOLVED',
      'RESOLVED>CLOSED',
      'RESOLVED>HELD',
    ])
    expect(d.arrows.every((a) => !a.path.includes('NaN'))).toBe(true)
  })
  it('stands where there is no room for it to lie', () => {
    const [lying, standing] = [diagram(rules), diagram(rules, true)]
    expect(standing.arrows.map((a) => `${a.from}>${a.to}`)).toEqual(
      lying.arrows.map((a) => `${a.from}>${a.to}`),
    )
    expect(new Set(standing.boxes.map((b) => `${b.x},${b.y}`)).size).toBe(5)
    expect(standing.boxes.every((b) => b.x >= 0 && b.x + BOX.width <= standing.width)).toBe(true)
    expect(standing.boxes.every((b) => b.y >= 0 && b.y + BOX.height <= standing.height)).toBe(true)
    expect(standing.arrows.every((a) => !/NaN| -|M-|C-/.test(a.path))).toBe(true)
    expect(standing.width).toBeLessThan(400)
  })
  it('tells everything that takes a case from one state to another', () => {
    expect(pairs(rules).find((p) => p.from === 'RECEIVED' && p.to === 'HELD')?.causes).toEqual([
      'ROUTED',
      'K_TRIAGE',
    ])
  })
})

describe('the ladder', () => {
  it('is told at the times of the promise', () => {
    const small = span('40min')
    expect(markAt({ share: 600 }, small)).toBe(span('24min'))
    expect(markAt({ share: 1500, plus: '10min' }, small)).toBe(span('60min'))
    expect(markAt({ share: 1500, plus: '10min' }, span('5min'))).toBe(span('15min'))
    expect(markAt({ share: 3000, plus: '24h' }, small)).toBe(span('24h') + small)
    expect(markAt({ at: '2min' }, small)).toBe(120_000)
    expect(span('soon')).toBeNaN()
  })
})
