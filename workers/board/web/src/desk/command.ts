/** One command at a time: sends it, says what went wrong, and keeps its id until it has been answered, so that a second try is the same command. */
import { ref } from 'vue'
import { newId, post, Refused, type Reply } from '../shared/api'
import { faultText } from '../shared/fault'

export function useCommand() {
  const busy = ref(false)
  const fault = ref('')
  let id = newId()

  async function run(path: string, body: object): Promise<Reply | null> {
    busy.value = true
    fault.value = ''
    try {
      const reply = await post<Reply>(path, { id, ...body })
      id = newId()
      return reply
    } catch (error) {
      fault.value = faultText(error)
      if (!(error instanceof Refused && error.away)) id = newId() // it was judged: another try is another command
      return null
    } finally {
      busy.value = false
    }
  }
  return { busy, fault, run }
}
