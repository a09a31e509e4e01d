import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Entry } from '../shared/api'
import type { StreamOptions } from '../shared/stream'
import { begin, end, list, load } from './inbox'

const asked = vi.hoisted(() => [] as ((total: number) => void)[])
let stream: StreamOptions
vi.mock('../shared/api', () => ({
  address: String,
  get: () =>
    new Promise((answer) => asked.push((total) => answer({ now: '2026-10-12T19:00:00Z', items: [], total }))),
}))
vi.mock('../shared/clock', () => ({ heard: () => {}, scaled: () => {} }))
vi.mock('../shared/names', () => ({
  city: { value: {} },
  loadWords: () => Promise.resolve(),
  useCity: () => {},
  wantBuildings: () => {},
}))
vi.mock('../shared/session', () => ({ session: { value: null } }))
vi.mock('../shared/stream', () => ({
  Stream: class {
    constructor(options: StreamOptions) {
      stream = options
    }
    close() {}
  },
}))
vi.mock('./outbox', () => ({
  online: { value: true },
  sent: { value: new Map() },
  shownUpTo: () => {},
  waiting: { value: [] },
}))

beforeEach(() => {
  asked.length = 0
  vi.useFakeTimers()
})
afterEach(() => {
  end()
  vi.useRealTimers()
})

it('asks once more when its stream stands, and then when something comes', async () => {
  begin()
  expect(asked.length).toBe(1)
  asked[0]!(1)
  await vi.advanceTimersByTimeAsync(0)
  stream.state('live')
  stream.state('live')
  await vi.advanceTimersByTimeAsync(800)
  expect(asked.length, 'a case that came between the list and the stream').toBe(2)
  asked[1]!(2)
  stream.entry({ lsn: 7, case_number: 3 } as Entry)
  await vi.advanceTimersByTimeAsync(800)
  expect(asked.length).toBe(3)
})

it('shows what it asked for last, however late an answer to an earlier question is', async () => {
  begin()
  void load()
  asked[1]!(7)
  asked[0]!(6)
  await vi.advanceTimersByTimeAsync(0)
  expect(list.value?.total).toBe(7)
})

it('shows an answer of a slow network though cases come faster than that', async () => {
  begin()
  for (let lsn = 1; lsn < 5; lsn++) {
    stream.entry({ lsn, case_number: 3 } as Entry)
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(asked.length).toBe(1)
  asked[0]!(3)
  await vi.advanceTimersByTimeAsync(0)
  expect(list.value?.total).toBe(3)
  await vi.advanceTimersByTimeAsync(800)
  expect(asked.length).toBe(2)
})
