import { beforeEach, expect, it, vi } from 'vitest'
import type { Entry } from '../shared/api'
import type { StreamOptions } from '../shared/stream'

const lists: ((lsn: number) => void)[] = []
let stream: StreamOptions
vi.mock('../shared/api', () => ({
  address: String,
  get: () => Promise.resolve({ status: 'away' }),
  pages: (_path: string, _query: object, each: (page: object) => void) =>
    new Promise<void>((done) => lists.push((lsn) => done(each({ now: '', lsn, items: [] })))),
}))
vi.mock('../shared/clock', () => ({ daemonNow: () => 0, heard: () => {}, scaled: () => {} }))
vi.mock('../shared/names', () => ({ haveNames: () => true, lifeCycle: { value: null }, loadNames: () => {} }))
vi.mock('../shared/stream', () => ({
  Stream: class {
    constructor(options: StreamOptions) {
      stream = options
    }
    close() {}
  },
}))

const hello = (lsn: number) => stream.hello!({ epoch: 'e', lsn, now: '' })
const comes = (lsn: number) => stream.entry({ lsn } as Entry)
async function listed(lsn: number): Promise<void> {
  lists.shift()!(lsn)
  await vi.advanceTimersByTimeAsync(0)
}

beforeEach(() => {
  vi.useFakeTimers()
  lists.length = 0
})

it('tells of everything that came since the stream stands, also what the list of promises has', async () => {
  const { anew, beginLive, endLive, onEntry } = await import('./live')
  const told: number[] = []
  const before = anew.value
  const stop = onEntry((e) => told.push(e.lsn))
  beginLive()
  hello(5)
  comes(6)
  comes(7)
  await listed(6)
  comes(8)
  expect(told).toEqual([6, 7, 8])
  expect(anew.value, 'nothing fell between').toBe(before)
  stop()
  endLive()
})

it('says so when something came before the stream stood', async () => {
  const { anew, beginLive, endLive } = await import('./live')
  const before = anew.value
  beginLive()
  await listed(4)
  hello(5)
  expect(anew.value, 'not yet: what is asked now would be told of nothing').toBe(before)
  await vi.advanceTimersByTimeAsync(100)
  await listed(5)
  expect(anew.value).toBe(before + 1)
  stream.reset(null)
  hello(9)
  await listed(9)
  expect(anew.value).toBe(before + 2)
  endLive()
})
