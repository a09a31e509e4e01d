/** What rang, kept up to date by the journal: the board makes its list from days of the journal, and is asked for it once a day. */
import type { AlarmList, Entry } from '../shared/api'

type Alarm = AlarmList['items'][number]

const same = (a: Alarm, b: Alarm): boolean =>
  a.code === b.code && a.about === b.about && a.number === b.number

/** The day of the city on which something was. */
const day = (time: string): string => time.slice(0, 10)

/** The list with what an entry says: the same alarm about the same thing is one row, the newest first. Null: only the board can tell. */
export function rang(list: AlarmList, entry: Entry, most: number): AlarmList | null {
  const newest = list.items[0]
  if (newest && entry.lsn <= newest.lsn) return list // it is in there
  if (newest && day(newest.t) !== day(entry.t_rec)) return null // what is too old by now is for the board to leave out
  let { items, total, cut } = list
  for (const { alarm } of (entry.facts ?? []) as { alarm?: Alarm }[]) {
    if (!alarm) continue
    const now = {
      ...alarm,
      about: alarm.about ?? '',
      number: entry.number,
      lsn: entry.lsn,
      t: entry.t_rec,
      times: 1,
    }
    const before = items.find((a) => same(a, now))
    if (!before && cut) return null // it may have rung before
    now.times += before?.times ?? 0
    total += before ? 0 : 1
    items = [now, ...items.filter((a) => a !== before)]
    cut ||= items.length > most
  }
  return { ...list, items: items.slice(0, most), total, cut }
}
