/**
 * The two languages of the pages, from one catalogue (texts.ts). What the rules call things (states, clocks, events, classes)
 * stands in the rules in force and comes from the board; see names.ts.
 */
import { ref } from 'vue'
import { shown } from './text'
import { texts, type Text } from './texts'
import type { Language } from './time'

const KEPT = 'hongxin.language'

function first(): Language {
  const kept = localStorage.getItem(KEPT)
  if (kept === 'zh' || kept === 'en') return kept
  return navigator.languages.find((l) => /^(zh|en)\b/.test(l))?.startsWith('en') ? 'en' : 'zh'
}

export const language = ref<Language>(first())

export function speak(next: Language): void {
  language.value = next
  localStorage.setItem(KEPT, next)
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
}

export type Values = Record<string, string | number>

/** The text of that name in the reader's language; "{n}" is replaced by `values.n`, in one pass. */
export function t(name: Text, values: Values = {}): string {
  return fill(texts[name][language.value === 'zh' ? 0 : 1], values)
}

/** A text of a family by name ("flag.PAUSED"); the name itself when the catalogue has none. */
export function named(family: string, name: string | undefined): string {
  if (!name) return ''
  const key = `${family}.${name}`
  return key in texts ? t(key as Text) : shown(name)
}

export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (all, key: string) => String(values[key] ?? all))
}

/** The one of two names that the reader reads; the other one when it is missing. */
export function either(zh: string | undefined, en: string | undefined): string {
  return (language.value === 'zh' ? zh || en : en || zh) ?? ''
}

const collators = { zh: new Intl.Collator('zh-CN'), en: new Intl.Collator('en', { numeric: true }) }
export const compare = (a: string, b: string): number => collators[language.value].compare(a, b)
export const number = (n: number): string => n.toLocaleString(language.value === 'zh' ? 'zh-CN' : 'en-GB')
