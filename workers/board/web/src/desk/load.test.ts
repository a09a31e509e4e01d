import { effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Entry } from '../shared/api'

const asked: ((answer: object, lsn?: number) => void)[] = []
let entry: (e: Entry) => void
const anew = ref(0)
const told = ref(-1)
vi.mock('../shared/api', () => ({
  getAsOf: () => new Promise((done) => asked.push((answer, lsn = 0) => done({ answer, lsn }))),
}))
vi.mock('../shared/clock', () => ({ heard: () => {} }))
vi.mock('../shared/fault', () => ({ faultText: String }))
vi.mock('./live', () => ({
  get anew() {
    return anew
  },
  get told() {
    return told
  },
  onEntry: (what: (e: Entry) => void) => {
    entry = what
    return () => {}
  },
}))

beforeEach(() => {
  asked.length = 0
  told.value = -1
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

it('shows an answer that takes longer than the next entry, and asks once more then', async () => {
  const { useLoaded } = await import('./load')
  const scope = effectScope()
  const list = scope.run(() =>
    useLoaded<{ n: number }>(
      () => 'notices',
      () => ({}),
      () => true,
    ),
  )!
  expect(asked.length).toBe(1)
  for (let i = 0; i < 5; i++) {
    entry({} as Entry)
    await vi.advanceTimersByTimeAsync(400)
  }
  expect(asked.length).toBe(1)
  asked[0]!({ n: 1 })
  await vi.advanceTimersByTimeAsync(0)
  expect(list.data.value).toEqual({ n: 1 })
  await vi.advanceTimersByTimeAsync(400)
  expect(asked.length).toBe(2)
  asked[1]!({ n: 2 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(list.data.value).toEqual({ n: 2 })
  expect(asked.length).toBe(2)
  scope.stop()
})

it('asks again when something came of which it was not told', async () => {
  const { useLoaded } = await import('./load')
  const scope = effectScope()
  const list = scope.run(() => useLoaded<{ n: number }>(() => 'triage'))!
  asked[0]!({ n: 1 })
  await vi.advanceTimersByTimeAsync(0)
  anew.value++
  await nextTick()
  expect(asked.length).toBe(2)
  anew.value++
  await nextTick()
  expect(asked.length, 'the answer that is on its way may be older').toBe(2)
  asked[1]!({ n: 2 })
  await vi.advanceTimersByTimeAsync(400)
  expect(asked.length).toBe(3)
  asked[2]!({ n: 3 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(list.data.value).toEqual({ n: 3 })
  expect(asked.length).toBe(3)
  scope.stop()
})

it('asks once more when it was asked before the stream stood, and something came between', async () => {
  const { useLoaded } = await import('./load')
  const scope = effectScope()
  const lists = ['triage', 'returns', 'orders'].map((path) =>
    scope.run(() => useLoaded<{ n: number }>(() => path))!,
  )
  const [early, late, unknown] = asked.splice(0)
  early!({ n: 1 }, 7)
  await vi.advanceTimersByTimeAsync(0)
  told.value = 8
  await nextTick()
  expect(asked.length, 'the one that is here knows less than the stream').toBe(1)
  late!({ n: 1 }, 8)
  unknown!({ n: 1 }, -1)
  await vi.advanceTimersByTimeAsync(400)
  expect(asked.length, 'the one that came later knows as much, of the third nobody knows').toBe(2)
  asked[0]!({ n: 2 }, 8)
  asked[1]!({ n: 2 }, -1)
  await vi.advanceTimersByTimeAsync(1000)
  expect(lists.map((list) => list.data.value?.n)).toEqual([2, 1, 2])
  expect(asked.length, 'once').toBe(2)
  scope.stop()
})
