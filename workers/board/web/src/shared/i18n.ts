/**
 * The two languages of the pages. A program brings the texts of the language that its reader wants (catalogue.ts), the other ones
 * come when he turns to them. What the rules call things (states, clocks, events, classes) stands in the rules in force and comes
 * from the board; see names.ts.
 */
import { ref, shallowRef } from 'vue'
import type { programs } from './catalogue'
import { fill, type Values } from './fill'
import { keepLanguage, readLanguage } from './reader'
import { signText, type SignText } from './sign-markup'
import { shown } from './text'
import type { Language } from './time'

type All = typeof programs
export type Text = SignText | keyof All['desk'] | keyof All['phone']
/** How a program brings its texts. */
export type Bring = Record<Language, () => Promise<{ default: Record<string, string> }>>

export const language = ref<Language>(readLanguage())
const texts = shallowRef<Record<string, string>>({})
let bring: Bring

/** The first thing that a program does: nothing can be said before. */
export async function bringTexts(from: Bring): Promise<void> {
  bring = from
  texts.value = (await bring[language.value]()).default
  keepLanguage(language.value)
}

/** What else has to be there before a page goes on in another language, and how it is put in place then. */
type Also = (next: Language) => Promise<() => void>
const also: Also[] = []
export const alsoBring = (what: Also): void => void also.push(what)

/** Asks for what the board would have to tell in another language, so that a service worker has it where there is no network. */
export const askOther = (next: Language): Promise<unknown> =>
  Promise.all(also.map((what) => what(next))).catch(() => null)

/** Goes on in that language; false: without a network to bring it, in the one before. */
export async function speak(next: Language): Promise<boolean> {
  const all = await Promise.all([bring[next](), Promise.all(also.map((what) => what(next)))]).catch(
    () => null,
  )
  if (!all) return false
  const [brought, puts] = all
  texts.value = brought.default
  puts.forEach((put) => put())
  language.value = next
  keepLanguage(next)
  return true
}

/** The text of that name in the reader's language; "{n}" is replaced by `values.n`, in one pass. */
export function t(name: Text, values: Values = {}): string {
  return fill(texts.value[name] ?? signText(name as SignText, language.value), values)
}

export const isNamed = (family: string, name: string | undefined): boolean =>
  `${family}.${name}` in texts.value

/** A text of a family by name ("flag.PAUSED"); the name itself when the catalogue has none. */
export function named(family: string, name: string | undefined): string {
  return texts.value[`${family}.${name}`] ?? shown(name)
}

/** The one of two names that the reader reads; the other one when it is missing. */
export function either(zh: string | undefined, en: string | undefined): string {
  return (language.value === 'zh' ? zh || en : en || zh) ?? ''
}

const collators = { zh: new Intl.Collator('zh-CN'), en: new Intl.Collator('en', { numeric: true }) }
export const compare = (a: string, b: string): number => collators[language.value].compare(a, b)
export const number = (n: number): string => n.toLocaleString(language.value === 'zh' ? 'zh-CN' : 'en-GB')
