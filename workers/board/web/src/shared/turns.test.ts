import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Turns } from './turns'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function asking() {
  const answers: ((said: string) => void)[] = []
  const shown: string[] = []
  const turns = new Turns(async (mine) => {
    const said = await new Promise<string>((answer) => answers.push(answer))
    if (mine()) shown.push(said)
  }, 400)
  const say = async (n: number, said: string) => {
    answers[n]!(said)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { turns, answers, shown, say }
}

it('keeps an answer that takes longer than what comes meanwhile, and asks once more', async () => {
  const { turns, answers, shown, say } = asking()
  turns.soon()
  await vi.advanceTimersByTimeAsync(400)
  for (let i = 0; i < 5; i++) {
    turns.soon()
    await vi.advanceTimersByTimeAsync(400)
  }
  expect(answers.length).toBe(1)
  await say(0, 'first')
  expect(shown).toEqual(['first'])
  await vi.advanceTimersByTimeAsync(400)
  await say(1, 'second')
  await vi.advanceTimersByTimeAsync(5000)
  expect(shown).toEqual(['first', 'second'])
  expect(answers.length).toBe(2)
})

it('shows no older answer after a later question', async () => {
  const { turns, shown, say } = asking()
  void turns.now()
  void turns.now()
  await say(1, 'later')
  await say(0, 'older')
  expect(shown).toEqual(['later'])
})

it('has nothing to show once it is stopped', async () => {
  const { turns, answers, shown, say } = asking()
  void turns.now()
  turns.soon()
  turns.stop()
  await say(0, 'too late')
  await vi.advanceTimersByTimeAsync(5000)
  expect(shown).toEqual([])
  expect(answers.length).toBe(1)
})
