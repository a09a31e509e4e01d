/**
 * Durations in the words that people use, and instants with their zone. Pure: no clock, no globals.
 *
 * All instants are milliseconds since 1970 UTC, all durations milliseconds, as everywhere in hongxin.
 */
export type Language = 'zh' | 'en'

/** An instant as the board writes it (RFC 3339); NaN: not given. */
export const at = (time: string | undefined): number => (time ? Date.parse(time) : NaN)

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const UNITS = {
  zh: { d: '天', h: '小时', min: '分', s: '秒', ms: '毫秒', gap: '', between: '', far: ['天', '时'] },
  en: { d: 'd', h: 'h', min: 'min', s: 's', ms: 'ms', gap: ' ', between: ' ', far: ['d ', 'h'] },
} as const

/**
 * The two largest units, the second one with the whole smaller part cut off: "3 min 20 s", "1 h 05 min", "2 d 3 h".
 * Rounded down to the second: what has 0.9 s left has "0 s" left. A negative duration is told by its size; the words
 * around it say that it is late.
 */
export function duration(ms: number, language: Language): string {
  const u = UNITS[language]
  const size = Math.floor(Math.abs(ms) / SECOND) * SECOND
  const join = (a: number, au: string, b: number, bu: string, width: number) =>
    b === 0 && width === 0
      ? `${a}${u.gap}${au}`
      : `${a}${u.gap}${au}${u.between}${String(b).padStart(width, '0')}${u.gap}${bu}`
  if (size >= DAY) return join(Math.floor(size / DAY), u.d, Math.floor((size % DAY) / HOUR), u.h, 0)
  if (size >= HOUR) {
    const minutes = Math.floor((size % HOUR) / MINUTE)
    return join(Math.floor(size / HOUR), u.h, minutes, u.min, minutes ? 2 : 0)
  }
  if (size >= MINUTE) {
    const seconds = (size % MINUTE) / SECOND
    return join(Math.floor(size / MINUTE), u.min, seconds, u.s, seconds ? 2 : 0)
  }
  return `${size / SECOND}${u.gap}${u.s}`
}

/** As duration(), and below a second in milliseconds: how late a machine is. */
export const fine = (ms: number, language: Language): string =>
  ms < SECOND ? `${Math.round(ms)} ${UNITS[language].ms}` : duration(ms, language)

/** As duration(), for arithmetic that has to add up: every unit that is not zero, milliseconds too. */
export function exactly(ms: number, language: Language): string {
  const u = UNITS[language]
  const size = Math.abs(Math.round(ms))
  const parts: string[] = []
  const add = (n: number, unit: string) => n > 0 && parts.push(`${n}${u.gap}${unit}`)
  add(Math.floor(size / DAY), u.d)
  add(Math.floor((size % DAY) / HOUR), u.h)
  add(Math.floor((size % HOUR) / MINUTE), u.min)
  const seconds = (size % MINUTE) / SECOND
  if (seconds > 0 || parts.length === 0)
    parts.push(`${Number.isInteger(seconds) ? seconds : seconds.toFixed(3)}${u.gap}${u.s}`)
  return parts.join(u.between)
}

/** What stands on a far wall: "4:59", "1:04:59", "2d 03h", with "−" in front when it is late. */
export function countdown(ms: number, language: Language): string {
  const size = ms < 0 ? Math.floor(-ms / SECOND) : Math.ceil(ms / SECOND)
  const late = ms < 0 && size > 0
  const u = UNITS[language]
  const two = (n: number) => String(n).padStart(2, '0')
  const days = Math.floor(size / 86400)
  const hours = Math.floor((size % 86400) / 3600)
  const minutes = Math.floor((size % 3600) / 60)
  const text =
    days > 0
      ? `${days}${u.far[0]}${two(hours)}${u.far[1]}`
      : hours > 0
        ? `${hours}:${two(minutes)}:${two(size % 60)}`
        : `${minutes}:${two(size % 60)}`
  return (late ? '−' : '') + text
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(
  kind: 'time' | 'day' | 'full' | 'zone',
  zone: string,
  language: Language,
): Intl.DateTimeFormat {
  const key = `${kind}/${zone}/${language}`
  let made = formats.get(key)
  if (!made) {
    const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
    const day = { month: 'short', day: 'numeric' } as const
    const options: Record<typeof kind, Intl.DateTimeFormatOptions> = {
      time,
      day,
      full: { year: 'numeric', ...day, weekday: 'short', ...time },
      zone: { timeZoneName: 'shortOffset' },
    }
    made = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
      timeZone: zone,
      ...options[kind],
    })
    formats.set(key, made)
  }
  return made
}

/** "19:40:20"; with the day in front when it is not the day of `now`: "12 Oct 19:40:20", "10月12日 19:40:20". */
export function clockTime(at: number, now: number, zone: string, language: Language): string {
  const day = format('day', zone, language)
  const time = format('time', zone, language).format(at)
  return day.format(at) === day.format(now) && Math.abs(at - now) < 7 * DAY
    ? time
    : `${day.format(at)} ${time}`
}

/** With everything: "Mon 12 Oct 2026, 19:40:20 UTC+8". */
export function fullTime(at: number, zone: string, language: Language): string {
  return `${format('full', zone, language).format(at)} ${zoneName(at, zone)}`
}

/** "UTC+8": what the zone's clocks show at that instant, in figures that everybody reads. */
export function zoneName(at: number, zone: string): string {
  const part = format('zone', zone, 'en')
    .formatToParts(at)
    .find((p) => p.type === 'timeZoneName')
  return (part?.value ?? 'GMT').replace('GMT', 'UTC')
}

/** The day of an instant in the zone as "2026-10-12": sorts, and is what an input of a day holds. */
export function dayOf(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at) // one by one: how a locale orders them differs between releases of ICU
  const of = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${of('year')}-${of('month')}-${of('day')}`
}

/** How far the zone's clocks are ahead of UTC at that instant. */
function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const n = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  return (
    Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second')) -
    Math.floor(at / 1000) * 1000
  )
}

/** What an input of type datetime-local holds for an instant, by the clocks of the city and not of the browser. */
export function toInput(at: number, zone: string): string {
  return new Date(at + offset(at, zone)).toISOString().slice(0, 16)
}

/** The instant of such an input; in a gap of daylight saving the later, in a fold the first (corner 25). */
export function fromInput(text: string, zone: string): number {
  const wall = Date.parse(`${text}Z`)
  if (!Number.isFinite(wall)) return NaN
  const first = wall - offset(wall - DAY, zone)
  const second = wall - offset(wall + DAY, zone)
  for (const t of [first, second].sort((a, b) => a - b)) if (t + offset(t, zone) === wall) return t
  return Math.max(first, second)
}

/** RFC 3339 in UTC, as commands bear it. */
export const iso = (at: number): string => new Date(at).toISOString()
