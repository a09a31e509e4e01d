/** What the lists of the city share: what presses where, as of two seconds ago at the most, and what a search finds. */
import { computed, type ComputedRef } from 'vue'
import { useNow } from '../shared/clock'
import { placeName } from '../shared/names'
import { promises, version } from './live'
import { sums, type Press } from './select'

const LOOK_MS = 2000

export const NONE: Press = { running: 0, late: 0, soon: 0 }

export function useSums(by: Parameters<typeof sums>[2]): ComputedRef<Map<string, Press>> {
  const now = useNow()
  const moment = computed(() => Math.floor(now.value / LOOK_MS) * LOOK_MS)
  return computed(() => (void version.value, sums(promises, moment.value, by)))
}

/** Whether a place or company is meant by that text: part of its id or name. */
export function fits(search: string, id: string): boolean {
  const text = search.toLowerCase()
  return id.toLowerCase().includes(text) || placeName(id).toLowerCase().includes(text)
}
