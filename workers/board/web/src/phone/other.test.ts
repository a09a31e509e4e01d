import { afterEach, expect, it, vi } from 'vitest'
import { keepOther } from './other'

const asked = vi.hoisted(() => [] as string[])
vi.mock('../shared/api', () => ({
  address: (path: string, q: { language: string }) => `${path}/${q.language}`,
}))
vi.mock('../shared/i18n', () => ({
  askOther: (next: string) => {
    asked.push(next)
    return Promise.resolve()
  },
}))

function phone(kept: Record<string, Date>, workers: object | undefined) {
  const answer = (at: Date) => ({ headers: new Headers({ Date: at.toUTCString() }) })
  vi.stubGlobal('caches', { match: (url: string) => Promise.resolve(kept[url] && answer(kept[url])) })
  vi.stubGlobal('navigator', { serviceWorker: workers })
}
afterEach(() => {
  asked.length = 0
  vi.unstubAllGlobals()
})
const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000)

it('is asked for when it is not there, or when it is a day old', async () => {
  phone({ 'texts/en': ago(1) }, { controller: {} })
  await keepOther('en')
  expect(asked).toEqual([])
  await keepOther('zh')
  phone({ 'texts/en': ago(30) }, { controller: {} })
  await keepOther('en')
  expect(asked).toEqual(['zh', 'en'])
})

it('waits for who keeps it, and is not asked for where nobody does', async () => {
  phone({}, undefined)
  await keepOther('en')
  expect(asked).toEqual([])
  let taken = () => {}
  phone({}, { controller: null, addEventListener: (_: string, what: () => void) => (taken = what) })
  const keeping = keepOther('en')
  expect(asked).toEqual([])
  taken()
  await keeping
  expect(asked).toEqual(['en'])
})
