/** A list of the board that is loaded, loaded again when the journal says that it may have changed, and says when it could not be. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { getAsOf, type Entry, type Query } from '../shared/api'
import { heard } from '../shared/clock'
import { at } from '../shared/time'
import { Turns } from '../shared/turns'
import { anew, onEntry, told } from './live'
import { faultText } from '../shared/fault'

export function useLoaded<T>(
  path: () => string | null,
  query: () => Query = () => ({}),
  touches?: (entry: Entry) => boolean,
  wait = 400,
) {
  const data = shallowRef<T | null>(null)
  const fault = ref('')
  /** Up to which entry the answer knows everything; null: there is none. */
  let knows: number | null = null
  let caughtUp = -1
  const turns = new Turns(async (mine) => {
    const from = path()
    if (!from) return
    try {
      const { answer, lsn } = await getAsOf<T>(from, query())
      if (!mine()) return
      knows = lsn
      catchUp()
      const { now } = answer as { now?: string }
      if (now) heard(at(now))
      data.value = answer
      fault.value = ''
    } catch (error) {
      if (mine()) fault.value = faultText(error)
    }
  }, wait)
  /** What came between the answer and the begin of the stream was told nobody. */
  function catchUp(): void {
    if (knows === null || told.value <= knows || told.value === caughtUp) return
    caughtUp = told.value
    turns.next()
  }
  const load = () => turns.now()
  watch(told, catchUp)
  watch([path, query], () => void load(), { immediate: true, deep: true })
  watch(anew, () => turns.next())

  const stop = onEntry((entry) => {
    if (touches?.(entry)) turns.soon()
  })
  onScopeDispose(() => {
    stop()
    turns.stop()
  })
  return { data, fault, load, soon: () => turns.soon(), waits: () => turns.waits }
}
