/**
 * What people are called whom events and notices name by an id. The board tells the names in the city's files; they are asked for
 * when somebody is shown, all of a page together.
 */
import { shallowRef } from 'vue'
import { get } from './api'
import { either } from './i18n'
import { shown } from './text'

/** Names by id, as an answer of the board bears them. */
export type Persons = Record<string, { name_zh?: string; name_en?: string }>

const AT_ONCE = 20
const TOGETHER_MS = 50
const AGAIN_MS = 10_000
const ID = /^[\w.-]{1,24}$/

const known = shallowRef<Persons>({})
const asked = new Set<string>()
let wanted: string[] = []

/** Somebody by his name; by his id until it is known, and where the files have none. */
export function personName(id: string | undefined, told: Persons = known.value): string {
  if (!id) return ''
  const person = told[id] ?? known.value[id]
  if (!person) want(id)
  return shown(either(person?.name_zh, person?.name_en) || id)
}

/** Another version of the city may call them otherwise. */
export function forgetPersons(): void {
  asked.clear()
  known.value = {}
}

function want(id: string): void {
  if (asked.has(id) || !ID.test(id)) return
  asked.add(id)
  if (wanted.push(id) === 1) setTimeout(() => void ask(), TOGETHER_MS)
}

async function ask(): Promise<void> {
  const all = wanted
  wanted = []
  for (let i = 0; i < all.length; i += AT_ONCE) {
    const ids = all.slice(i, i + AT_ONCE)
    await get<{ persons: Persons }>('city/persons', { ids: ids.join() }).then(
      ({ persons }) => (known.value = { ...known.value, ...persons }),
      () => setTimeout(() => ids.forEach((id) => asked.delete(id)), AGAIN_MS),
    )
  }
}
