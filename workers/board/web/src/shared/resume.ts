/**
 * Where a page stands in the journal. Pure; events.ts does the talking.
 *
 * Every server-sent event has an id "<epoch>-<lsn>": the epoch says which journal, the LSN which entry. Whoever comes back
 * names the last id it has, and gets every entry after it. A page that is told `reset` (the wanted entries are pruned, or the
 * journal is another one) fetches what is true now and goes on from there.
 */
export interface Position {
  epoch: string
  lsn: number
}

export function parseId(id: string): Position | null {
  const m = /^([0-9A-Za-z]+)-(\d{1,16})$/.exec(id)
  const lsn = m ? Number(m[2]) : NaN
  return m && Number.isSafeInteger(lsn) ? { epoch: m[1]!, lsn } : null
}

export const printId = (p: Position): string => `${p.epoch}-${p.lsn}`

/** What to do with an event that bears `id` when the page stands at `at`. */
export function judge(at: Position | null, id: string): 'take' | 'old' | 'reset' {
  const p = parseId(id)
  if (!p) return 'reset'
  if (!at) return 'take'
  if (p.epoch !== at.epoch) return 'reset'
  return p.lsn > at.lsn ? 'take' : 'old'
}

/** How long to wait before try `n` (0, 1, 2 …): doubling from half a second to fifteen, with a part by chance, so that 5,000 pages do not come back at once. */
export function wait(n: number, chance: number): number {
  const most = Math.min(15_000, 500 * 2 ** Math.min(n, 10))
  return Math.round(most / 2 + (most / 2) * chance)
}
