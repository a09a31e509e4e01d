import { describe, expect, it } from 'vitest'
import { cut, shown } from './text'

describe('what somebody wrote', () => {
  it('cannot turn the words around it', () => {
    expect(shown('abc\u202edef\u2066x')).toBe('abcdefx')
  })
  it('shows controls as pictures and keeps lines', () => {
    expect(shown('a\u0000b\u001bc\r\nd\re')).toBe('a\u2400b\u241bc\nd\ne')
    expect(shown('\u007f')).toBe('\u2421')
  })
  it('has no invisible letters that make two texts look alike', () => {
    expect(shown('P\u200b-07\ufeff')).toBe('P-07')
  })
  it('leaves HTML to be escaped, and emoji as they are', () => {
    expect(shown('<b>漏水</b> 👨‍👩‍👧')).toBe('<b>漏水</b> 👨‍👩‍👧')
  })
  it('nothing is nothing', () => {
    expect(shown(undefined)).toBe('')
  })
})

describe('a cut', () => {
  it('falls between letters as a reader counts them', () => {
    expect(cut('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 2)).toEqual({ text: '👨‍👩‍👧👨‍👩‍👧…', cut: true })
    expect(cut('漏水', 2)).toEqual({ text: '漏水', cut: false })
    expect(cut('x'.repeat(4000), 80).text).toHaveLength(81)
  })
})
