import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Stream, type State } from './stream'

class Source extends EventTarget {
  static made: Source[] = []
  readyState = 0
  onerror: (() => void) | null = null
  constructor(readonly url: string) {
    super()
    Source.made.push(this)
  }
  close() {
    this.readyState = 2
  }
  say(type: string, data: unknown, lastEventId = '') {
    this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data), lastEventId }))
  }
  breaks(forGood: boolean) {
    this.readyState = forGood ? 2 : 0
    this.onerror?.()
  }
}

function follow(from = { epoch: 'a', lsn: 5 } as { epoch: string; lsn: number } | null) {
  const seen: number[] = []
  const states: State[] = []
  const resets: unknown[] = []
  const waits: [() => void, number][] = []
  const stream = new Stream({
    url: 'http://board/api/v1/events',
    from,
    entry: (e) => seen.push(e.lsn),
    reset: (p) => resets.push(p),
    state: (s) => states.push(s),
    source: Source as unknown as new (url: string) => EventSource,
    timer: (what, ms) => waits.push([what, ms]),
  })
  return { stream, seen, states, resets, waits, source: () => Source.made.at(-1)! }
}

beforeEach(() => {
  Source.made = []
  vi.spyOn(Math, 'random').mockReturnValue(1)
})

describe('a page that follows the journal', () => {
  it('begins after what it shows', () => {
    const f = follow()
    expect(f.source().url).toBe('http://board/api/v1/events?last_event_id=a-5')
    f.source().say('hello', { epoch: 'a', lsn: 9 })
    f.source().say('entry', { lsn: 6 }, 'a-6')
    f.source().say('entry', { lsn: 9 }, 'a-9')
    f.source().say('live', { lsn: 9 })
    expect(f.seen).toEqual([6, 9])
    expect(f.states).toEqual(['connecting', 'live'])
  })

  it('takes nothing twice when the browser comes back by itself', () => {
    const f = follow()
    f.source().say('entry', { lsn: 6 }, 'a-6')
    f.source().breaks(false)
    f.source().say('entry', { lsn: 6 }, 'a-6')
    f.source().say('entry', { lsn: 7 }, 'a-7')
    expect(f.seen).toEqual([6, 7])
    expect(f.states).toContain('away')
  })

  it('connects anew from its last entry where the browser has given up, each time after a longer wait', () => {
    const f = follow()
    f.source().say('entry', { lsn: 6 }, 'a-6')
    f.source().breaks(true)
    f.waits.shift()![0]()
    expect(f.source().url).toContain('last_event_id=a-6')
    f.source().breaks(true)
    expect(f.waits[0]![1]).toBe(1000)
    f.waits.shift()![0]()
    f.source().say('hello', { epoch: 'a', lsn: 6 })
    f.source().breaks(true)
    expect(f.waits[0]![1]).toBe(500)
  })

  it('that began with what comes next goes on from there, with nothing missing between', () => {
    const f = follow(null)
    expect(f.source().url).toBe('http://board/api/v1/events')
    f.source().say('hello', { epoch: 'a', lsn: 40 })
    f.source().breaks(false)
    f.waits.shift()![0]()
    expect(f.source().url).toContain('last_event_id=a-40')
    f.source().say('entry', { lsn: 41 }, 'a-41')
    expect(f.seen).toEqual([41])
  })

  it('loads anew when the board says so, and goes on from there', () => {
    const f = follow()
    f.source().say('reset', { epoch: 'b', lsn: 90, why: 'OTHER_EPOCH' })
    expect(f.resets).toEqual([{ epoch: 'b', lsn: 90 }])
    f.source().say('entry', { lsn: 91 }, 'b-91')
    expect(f.seen).toEqual([91])
  })

  it('loads anew when an entry is of another journal', () => {
    const f = follow()
    f.source().say('entry', { lsn: 6 }, 'b-6')
    expect(f.resets).toEqual([null])
    expect(f.seen).toEqual([])
  })

  it('does not come back when its session has ended', () => {
    const f = follow()
    f.source().say('end', { code: 'ENDED' })
    expect(f.states.at(-1)).toBe('ended')
    f.source().breaks(true)
    expect(Source.made).toHaveLength(1)
    expect(f.waits).toHaveLength(0)
  })

  it('is silent once it is closed', () => {
    const f = follow()
    const source = f.source()
    f.stream.close()
    source.say('entry', { lsn: 6 }, 'a-6')
    expect(f.seen).toEqual([])
  })
})
