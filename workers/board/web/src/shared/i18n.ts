/**
 * The two languages of the pages, from one catalogue (texts.ts). What the rules call things (states, clocks, events, classes)
 * stands in the rules in force and comes from the board; see names.ts.
 */
import { ref } from 'vue'
import { fill, type Values } from './fill'
import { keepLanguage, readLanguage } from './reader'
import { shown } from './text'
import { texts, type Text } from './texts'
import type { Language } from './time'

export const language = ref<Language>(readLanguage())

export function speak(next: Language): void {
  language.value = next
  keepLanguage(next)
}

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

/** The one of two names that the reader reads; the other one when it is missing. */
export function either(zh: string | undefined, en: string | undefined): string {
  return (language.value === 'zh' ? zh || en : en || zh) ?? ''
}

const collators = { zh: new Intl.Collator('zh-CN'), en: new Intl.Collator('en', { numeric: true }) }
export const compare = (a: string, b: string): number => collators[language.value].compare(a, b)
export const number = (n: number): string => n.toLocaleString(language.value === 'zh' ? 'zh-CN' : 'en-GB')
