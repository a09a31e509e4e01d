import { describe, expect, it, vi } from 'vitest'
import { fill, type Values } from '../shared/fill'
import { commonTexts } from '../shared/texts'
import { line, receiverOf } from './facts'
import { deskTexts } from './texts'

const texts: Record<string, readonly [string, string]> = { ...commonTexts, ...deskTexts }
const reader = vi.hoisted(() => ({ language: { value: 'zh' } }))
const read = (name: string) => texts[name]?.[reader.language.value === 'zh' ? 0 : 1] ?? name
vi.mock('../shared/i18n', () => ({
  ...reader,
  t: (name: string, values: Values = {}) => fill(read(name), values),
  named: (family: string, name: string) => read(`${family}.${name}`),
}))
vi.mock('../shared/names', () => ({
  categoryName: String,
  partyName: (by: string) => (by ? `<${by}>` : ''),
  placeName: String,
  word: (_: string, name: string) => name,
}))
vi.mock('../shared/persons', () => ({ personName: String }))
vi.mock('../shared/session', () => ({ zone: { value: 'Asia/Shanghai' } }))

describe.each([
  ['zh', '<manager:S-02>（由<city/property>代行）', '通知 '],
  ['en', '<manager:S-02> (answered for by <city/property>)', 'Told '],
])('who was told, in %s', (language, both, told) => {
  const notice = { kind: 'WARNING', to: 'manager:S-02', stand_in: 'city/property', person: 'li' }
  it('is a post, and whose people were told in its place', () => {
    reader.language.value = language
    expect(receiverOf(notice)).toBe(both)
    expect(line({ notice }, 0)!.text).toContain(`${told}${both} li`)
    expect(receiverOf({ to: 'manager:P-07', stand_in: '' })).toBe('<manager:P-07>')
    expect(line({ notice: { ...notice, stand_in: undefined } }, 0)!.text).toContain(
      `${told}<manager:S-02> li`,
    )
  })
})
