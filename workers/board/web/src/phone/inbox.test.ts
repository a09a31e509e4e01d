import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Entry } from '../shared/api'
import type { StreamOptions } from '../shared/stream'
import { begin, end } from './inbox'

const asked = vi.hoisted(() => [] as string[])
let stream: StreamOptions
vi.mock('../shared/api', () => ({
  address: String,
  get: (path: string) => {
    asked.push(path)
    return Promise.resolve({ now: '', items: [] })
  },
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

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  end()
  vi.useRealTimers()
})

it('asks once more when its stream stands, and then when something comes', async () => {
  begin()
  expect(asked.length).toBe(1)
  stream.state('live')
  stream.state('live')
  await vi.advanceTimersByTimeAsync(800)
  expect(asked.length, 'a case that came between the list and the stream').toBe(2)
  stream.entry({ lsn: 7, case_number: 3 } as Entry)
  await vi.advanceTimersByTimeAsync(800)
  expect(asked.length).toBe(3)
})
