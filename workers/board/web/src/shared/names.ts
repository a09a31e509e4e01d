/**
 * What things are called: states, clocks, events, classes and roles by the rules in force, places and companies by the city's
 * files in force. Loaded once for a session and again when the journal says that rules have changed; never a second copy here.
 */
import { shallowRef } from 'vue'
import { get, type City, type CityPlace, type Where } from './api'
import { alsoBring, either, isNamed, language, named } from './i18n'
import { forgetPersons, personName } from './persons'
import { session } from './session'
import { shown } from './text'
import type { Language } from './time'

interface Named {
  zh?: string
  en?: string
}
export interface LifeCycle {
  version: string
  rules: Rules
}
export interface Rules {
  states: (Named & { name: string; kind: string; owner?: string })[]
  classes: (Named & { name: string; default?: boolean; evidence?: number; photo?: boolean })[]
  clocks: (Named & {
    name: string
    until?: string
    ladder?: string
    promise?: boolean
    shown?: boolean
    calendar?: string
    budgets?: { class?: string; ms?: string | number; later?: string | number; calendar?: string }[]
    pauses?: string[]
  })[]
  ladders: { name: string; marks: Mark[] }[]
  events: (Named & { name: string; by?: string[]; needs?: string[]; internal?: boolean; about?: string })[]
  pauses: (Named & { name: string; owner?: string; cap?: string | number; needs?: string[] })[]
  returns: string[]
  refused: string[]
  handover?: { category: string; call: string }[]
  receivers: { name: string; to: string }[]
  categories?: (Named & { name: string })[]
  transitions: {
    from?: string[] | string
    on?: string
    at?: string
    to?: string
    if?: string[]
    do?: string[]
  }[]
  acks?: { level: string; within?: string | number; until?: string }[]
  [more: string]: unknown
}
export interface Mark {
  level: string
  share?: number
  plus?: string | number
  at?: string | number
  kind: string
  to: string[]
}
type Words = Record<string, Record<string, string>>

export const lifeCycle = shallowRef<LifeCycle | null>(null)
export const city = shallowRef<City | null>(null)
const words = shallowRef<Words>({})
const places = shallowRef(new Map<string, CityPlace>())
const buildings = shallowRef(new Map<string, CityPlace>())

const wordsIn = (of: Language) => get<{ words: Words }>('texts', { language: of })
export async function loadWords(): Promise<void> {
  const asked = language.value
  const brought = await wordsIn(asked)
  if (asked !== language.value) return loadWords() // he turned to the other one meanwhile
  words.value = brought.words
}
/** Whoever is not signed in has none: they come when he is. */
alsoBring(async (next) => {
  if (!session.value) return () => (words.value = {})
  const brought = await wordsIn(next)
  return () => (words.value = brought.words)
})

/** Whether everything has a name, in the reader's language. */
export const haveNames = (): boolean => lifeCycle.value !== null && Object.keys(words.value).length > 0

export async function loadNames(): Promise<void> {
  await Promise.all([
    loadWords(),
    get<LifeCycle>('life-cycle').then((l) => (lifeCycle.value = l)),
    get<City>('city').then(useCity, () => {}), // a daemon may have no city yet: then ids are shown
  ])
}

export function useCity(c: City): void {
  if (city.value && city.value.version !== c.version) forgetPersons()
  city.value = c
  const all = new Map<string, CityPlace>()
  for (const list of [c.streets, c.communities, c.grids, c.estates, c.companies, c.units])
    for (const p of list) all.set(p.id, p)
  places.value = all
}

/** The word of a kind ("state", "clock", "event", "class", "level", "role" …) for what the schema calls `name`. */
export function word(kind: string, name: string | undefined): string {
  if (!name) return ''
  return words.value[kind]?.[name] || shown(name)
}

export const place = (id: string): CityPlace | undefined => places.value.get(id) ?? buildings.value.get(id)

/** A place or company by its name, with nothing when it has none that we know. */
export function placeName(id: string | undefined): string {
  if (!id) return ''
  const p = place(id)
  return shown(p ? either(p.name_zh, p.name_en) || id : id)
}

/** Where a case lies, as closely as it has a name yet: names of buildings come a moment later than the cases. */
export function spotName(where: Where): string {
  const { building, estate, grid, community, street } = where
  const known = building && buildings.value.has(building) ? building : ''
  return placeName(known || estate || building || grid || community || street)
}

/** "holder:P-07/li" in words: for whom, as what, who. A post of the city ("city/desk") has a word, a person his name. */
export function partyName(by: string | undefined): string {
  if (!by) return ''
  const m = /^([^:/]+)(?::([^/]*))?(?:\/(.*))?$/.exec(by)
  if (!m) return shown(by)
  const post = m[1] === 'city' && isNamed('post', m[3])
  const who = post ? named('post', m[3]) : personName(m[3])
  const where = m[2] ? placeName(m[2]) : ''
  const what = word('party', m[1])
  const said = `${where} ${post ? who : ''}`.toLowerCase().includes(what.toLowerCase()) // "Qiuxin Community" is one
  return [where, said ? '' : what, who].filter(Boolean).join(' · ')
}

/** The person of "holder:P-07/li": "li". */
export const personOf = (by: string | undefined): string => /\/(.*)$/.exec(by ?? '')?.[1] ?? ''

/** A receiver of the rules ("duty", "property"): whom its pattern ("holder:{holder}", "city/property") stands for. */
export function receiverName(name: string): string {
  const to = lifeCycle.value?.rules.receivers.find((r) => r.name === name)?.to ?? ''
  const m = /^(\w+)(?::\{\w+\})?(\/\w+)?$/.exec(to)
  return m ? partyName(m[1]! + (m[2] ?? '')) : named('receiver', name)
}

/** A category of the rules, or one that only its source knows. */
export function categoryName(name: string | undefined): string {
  const known = (lifeCycle.value?.rules.categories ?? []).find((c) => c.name === name)
  return either(known?.zh, known?.en) || named('category', name)
}

/** A role: as the roles in force call it, or, without keys, as we do. */
export const roleName = (role: Named & { name: string }): string =>
  either(role.zh, role.en) || named('role', role.name)

const loading = new Set<string>()
/** Names of the buildings of a grid or estate, when a page begins to show them. */
export function wantBuildings(of: string | undefined): void {
  if (!of || loading.has(of)) return
  loading.add(of)
  get<{ items: CityPlace[] }>('city/buildings', { place: of }).then(
    (answer) => {
      const all = new Map(buildings.value)
      for (const b of answer.items) all.set(b.id, b)
      buildings.value = all
    },
    () => loading.delete(of),
  )
}
