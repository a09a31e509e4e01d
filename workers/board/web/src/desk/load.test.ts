import { effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Entry } from '../shared/api'

const asked: ((answer: object) => void)[] = []
let entry: (e: Entry) => void
const anew = ref(0)
vi.mock('../shared/api', () => ({ get: () => new Promise((answer) => asked.push(answer)) }))
vi.mock('../shared/clock', () => ({ heard: () => {} }))
vi.mock('../shared/fault', () => ({ faultText: String }))
vi.mock('./live', () => ({
  get anew() {
    return anew
  },
  onEntry: (what: (e: Entry) => void) => {
    entry = what
    return () => {}
  },
}))

beforeEach(() => {
  asked.length = 0
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
