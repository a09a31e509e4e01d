/** A list of the board that is loaded, loaded again when the journal says that it may have changed, and says when it could not be. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { get, type Entry, type Query } from '../shared/api'
import { heard } from '../shared/clock'
import { at } from '../shared/time'
import { anew, onEntry } from './live'
import { faultText } from '../shared/fault'

export function useLoaded<T>(
  path: () => string | null,
  query: () => Query = () => ({}),
  touches?: (entry: Entry) => boolean,
  wait = 400,
) {
  const data = shallowRef<T | null>(null)
  const fault = ref('')
  const busy = ref(false)
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Touched while an answer was on its way: it is waited for, or a busy city would never see one. */
  let again = false

  async function load(): Promise<void> {
    const from = path()
    if (!from) return
    const mine = ++asked
    busy.value = true
    try {
      const answer = await get<T>(from, query())
      if (mine !== asked) return
      const { now } = answer as { now?: string }
      if (now) heard(at(now))
      data.value = answer
      fault.value = ''
    } catch (error) {
      if (mine === asked) fault.value = faultText(error)
    } finally {
      if (mine === asked) {
        busy.value = false
        if (again) soon()
        again = false
      }
    }
  }
  function soon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      if (busy.value) again = true
      else void load()
    }, wait)
  }
  watch([path, query], () => void load(), { immediate: true, deep: true })

  watch(anew, () => (busy.value ? (again = true) : void load()))

  const stop = onEntry((entry) => {
    if (touches?.(entry)) soon()
  })
  onScopeDispose(() => {
    stop()
    clearTimeout(timer)
    asked++
  })
  return { data, fault, busy, load }
}
