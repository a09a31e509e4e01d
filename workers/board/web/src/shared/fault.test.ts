import { describe, expect, it, vi } from 'vitest'
import { Refused } from './api'
import { faultText } from './fault'

vi.hoisted(() => vi.stubGlobal('document', { baseURI: 'http://board.example/', querySelectorAll: () => [] }))
vi.mock('./i18n', () => ({
  t: (name: string, values: object) => `${name} ${Object.values(values).join(' / ')}`,
}))
vi.mock('./names', () => ({ partyName: String, word: (kind: string, name: string) => `${kind} ${name}` }))

const refused = (code: string) =>
  faultText(new Refused(409, { code, detail: 'what is asked for', allowed: ['NOTE'] }))

describe('what the case refuses', () => {
  it.each(['NOT_NOW', 'BAD_ROLE'])('says after %s what can be done', (code) => {
    expect(refused(code)).toBe('fault.notnow event NOTE')
  })
  it.each(['EVIDENCE_MISSING', 'PAUSE_NO_PROOF', 'NO_RECEIPT'])('says after %s what is missing', (code) => {
    expect(refused(code)).toBe(`fault.other code ${code} / what is asked for`)
  })
})
