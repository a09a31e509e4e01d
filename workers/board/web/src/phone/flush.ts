/**
 * Sends what a phone has kept, in its order, and says what became of each. Pure but for what it is given: the page and the
 * service worker call it with their own store and network, tests with theirs.
 */
import type { Kept } from './store'

export interface Wire {
  /** Uploads a photo of a case; the answer is what `evidence` names. */
  photo(number: string, photo: Blob): Promise<string>
  /** POST /offline; one answer for each item. */
  offline(body: { sent_at: string; items: object[] }): Promise<{ replies: Answer[] }>
}
export interface Answer {
  status: number
  body?: { code?: string; detail?: string; result?: string }
}
export interface Keeper {
  all(): Promise<Kept[]>
  put(act: Kept): Promise<unknown>
  drop(id: string): Promise<unknown>
}
/** Nobody answered: it stays, and is sent later. */
export class Away extends Error {}

const MOST = 50

/** What goes over the wire for one act: the signed event as it is, or the act with the phone's time. */
export function item(k: Kept): object {
  if (k.event) return { case: k.case, event: k.event }
  const { id, case: number, act, at, onsite_code, text, reason, evidence } = k
  const fields = {
    id,
    case: number,
    act,
    at: new Date(at).toISOString(),
    onsite_code,
    text,
    reason,
    evidence,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined && v !== ''))
}

/** Whether an answer ends the matter, one way or the other; otherwise it is sent again. */
export function verdict(a: Answer): 'done' | 'refused' | 'later' {
  if (a.status >= 200 && a.status < 300) return 'done'
  return a.status === 429 || a.status >= 500 || a.status === 401 ? 'later' : 'refused'
}

/** Photos first, each once; what the act names as evidence follows. */
async function uploaded(k: Kept, keeper: Keeper, wire: Wire): Promise<Kept> {
  let act = k
  while (act.photos?.length) {
    const [first, ...rest] = act.photos
    const evidence = await wire.photo(act.case, first!)
    act = { ...act, photos: rest, evidence: [...new Set([...(act.evidence ?? []), 'photo', evidence])] }
    await keeper.put(act)
  }
  return act
}

/** How many were answered. Throws Away when nobody answers; what is not answered stays kept. */
export async function flush(keeper: Keeper, wire: Wire, now: () => number): Promise<number> {
  const waiting = (await keeper.all()).filter((k) => !k.refused)
  let answered = 0
  for (let from = 0; from < waiting.length; from += MOST) {
    const some: Kept[] = []
    for (const k of waiting.slice(from, from + MOST)) some.push(await uploaded(k, keeper, wire))
    const { replies } = await wire.offline({ sent_at: new Date(now()).toISOString(), items: some.map(item) })
    for (const [i, k] of some.entries()) {
      const answer = replies[i]
      if (!answer) continue
      const what = verdict(answer)
      if (what === 'done') await keeper.drop(k.id)
      if (what === 'refused')
        await keeper.put({ ...k, refused: answer.body?.code || answer.body?.detail || String(answer.status) })
      if (what !== 'later') answered++
    }
  }
  return answered
}
