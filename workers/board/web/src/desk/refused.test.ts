import { expect, it, vi } from 'vitest'
import { refusedName } from './refused'

vi.mock('../shared/i18n', () => ({
  either: (_: string, en: string) => en,
  named: (family: string, name: string) => `${family} ${name}`,
}))
vi.mock('../shared/names', () => ({
  lifeCycle: { value: { rules: { handover: [{ category: 'fire', call: '119' }] } } },
}))

it('names the number of the rules, where they have one', () => {
  expect(refusedName('fire')).toBe('refused fire (119)')
  expect(refusedName('court')).toBe('refused court')
})
