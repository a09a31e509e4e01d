import { describe, expect, it } from 'vitest'
import { keyAct } from './keys'

const press = (key: string, target: object = { tagName: 'BODY' }, more: object = {}) => ({
  key,
  target,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...more,
})

describe('keys of the dispatcher', () => {
  it('class and dispatch', () => {
    expect(keyAct(press('2'), 'triage')).toBe('class2')
    expect(keyAct(press('Enter'), 'triage')).toBe('dispatch')
    expect(keyAct(press('J'), 'triage')).toBe('next')
  })
  it('decide returns, and only there', () => {
    expect(keyAct(press('a'), 'returns')).toBe('accept')
    expect(keyAct(press('a'), 'triage')).toBeNull()
    expect(keyAct(press('2'), 'returns')).toBeNull()
    expect(keyAct(press('Enter'), 'returns')).toBeNull()
  })
  it('are letters where somebody writes', () => {
    expect(keyAct(press('m', { tagName: 'INPUT', type: 'text' }), 'triage')).toBeNull()
    expect(keyAct(press('m', { tagName: 'TEXTAREA' }), 'triage')).toBeNull()
    expect(keyAct(press('2', { tagName: 'INPUT', type: 'radio' }), 'triage')).toBe('class2')
  })
  it('lead out of a field again', () => {
    expect(keyAct(press('Enter', { tagName: 'INPUT', type: 'text' }), 'triage')).toBe('leave')
    expect(keyAct(press('Escape', { tagName: 'INPUT', type: 'text' }), 'returns')).toBe('leave')
    expect(keyAct(press('Escape', { tagName: 'SELECT' }), 'triage')).toBe('leave')
    expect(keyAct(press('Enter', { tagName: 'TEXTAREA' }), 'triage')).toBeNull()
    expect(keyAct(press('Escape'), 'triage')).toBeNull()
  })
  it('send nothing by being held down', () => {
    expect(keyAct(press('Enter', undefined, { repeat: true }), 'triage')).toBeNull()
    expect(keyAct(press('j', undefined, { repeat: true }), 'triage')).toBe('next')
  })
  it('leave an input method the word that it makes', () => {
    const field = { tagName: 'INPUT', type: 'text' }
    expect(keyAct(press('Enter', field, { isComposing: true }), 'triage')).toBeNull()
    expect(keyAct(press('Escape', field, { isComposing: true }), 'triage')).toBeNull()
  })
  it('send the case that somebody has chosen with the mouse', () => {
    expect(keyAct(press('Enter', { tagName: 'BUTTON', ariaCurrent: 'true' }), 'triage')).toBe('dispatch')
    expect(keyAct(press('Enter', { tagName: 'A', ariaCurrent: 'page' }), 'triage')).toBeNull()
  })
  it('leave the browser its own', () => {
    expect(keyAct(press('d', undefined, { ctrlKey: true }), 'triage')).toBeNull()
    expect(keyAct(press('Enter', { tagName: 'BUTTON' }), 'triage')).toBeNull()
    expect(keyAct(press('Enter', { tagName: 'BUTTON', ariaCurrent: 'false' }), 'triage')).toBeNull()
  })
})
