/** The facts of a journal entry in words. What the page shows elsewhere in full (seconds by owner, the daemon's answer) is left out. */
import type { Entry } from '../shared/api'
import { language, named, t } from '../shared/i18n'
import { categoryName, partyName, placeName, word } from '../shared/names'
import { personName } from '../shared/persons'
import { zone } from '../shared/session'
import { shown } from '../shared/text'
import { at, clockTime, duration } from '../shared/time'

export interface Line {
  text: string
  tone: '' | 'late' | 'soon' | 'kept'
}

type Fields = Record<string, string | number | boolean | string[] | undefined>

/** An event, or the clock and level that fired: "K_ARRIVE/L2". */
export function causeName(cause: string | undefined): string {
  if (!cause) return ''
  const [clock, level] = cause.split('/')
  if (!clock?.startsWith('K_')) return word('event', cause)
  return level
    ? `${word('clock', clock)} · ${levelName(level)}`
    : t('fact.due', { clock: word('clock', clock) })
}

export function levelName(level: string | undefined): string {
  return level ? `${level} ${word('level', level)}` : ''
}

/** "workdays@china/1" in words. */
export function calendarName(name: string | undefined): string {
  return named('calendar', name?.split('@')[0])
}

export function className(name: string | undefined): string {
  return word('class', name)
}

/** Alarms whose text says it all: what they are about is told for programs. */
const SAYS_ALL = new Set(
  'CALENDAR_MISSING CLOCK_STEP CLOCK_CONFIRMED OUTAGE DRAINED OUTSIDE_GRIDS ROUTE_FALLBACK NO_CLOCK NO_DUE_ROW'.split(
    ' ',
  ),
)

/** What an alarm is about, in words: a post, a place with its task, a meeting. */
export function alarmAbout(code: string, about: string): string {
  if (SAYS_ALL.has(code)) return ''
  if (code === 'FORUM_REQUIRED') return named('forum', about)
  const task = /^task (.*) is not for (.*)$/.exec(about)
  return task ? `${placeName(task[2])} · ${categoryName(task[1])}` : partyName(about)
}

const text = (f: object, name: string): string => String((f as Fields)[name] ?? '')

function clock(f: Fields, now: number): Line | null {
  const name = word('clock', text(f, 'clock'))
  const due = f.deadline ? clockTime(at(text(f, 'deadline')), now, zone.value, language.value) : ''
  switch (f.change) {
    case 'STOP':
      return {
        text: t(f.met === undefined ? 'fact.stop' : f.met ? 'fact.met' : 'fact.missed', { clock: name }),
        tone: f.met ? 'kept' : f.met === false ? 'late' : '',
      }
    case 'VOID':
      return { text: t('fact.void', { clock: name }), tone: '' }
    case 'PAUSE':
      return { text: t('fact.pause', { clock: name }), tone: 'soon' }
    case 'START':
      return due ? { text: t('fact.start', { clock: name, due }), tone: '' } : null
    default:
      return due
        ? { text: t('fact.move', { clock: name, due, how: word('change', text(f, 'change')) }), tone: '' }
        : null
  }
}

/** Who is told: a post, and where no rota names it the one whose people were told. */
export function receiverOf(f: { to?: unknown; stand_in?: unknown }): string {
  const to = partyName(text(f, 'to'))
  return f.stand_in ? t('notice.standin', { to, by: partyName(text(f, 'stand_in')) }) : to
}

function notice(f: Fields): Line {
  const tone = f.kind === 'BREACH' ? 'late' : f.kind === 'ALL_CLEAR' ? 'kept' : ''
  const what = [
    word('notice', text(f, 'kind')),
    text(f, 'level'),
    f.clock ? word('clock', text(f, 'clock')) : '',
  ]
    .filter(Boolean)
    .join(' · ')
  const to = [receiverOf(f), personName(text(f, 'person'))].filter(Boolean).join(' ')
  return {
    text: t(f.held ? 'fact.held' : 'fact.notice', { what, to, held: word('held', text(f, 'held')) }),
    tone,
  }
}

function delivery(f: Fields): Line {
  const tone =
    f.result === 'FAILED' || f.result === 'EXPIRED' ? 'late' : f.result === 'DELIVERED' ? 'kept' : ''
  return {
    text: t('fact.delivery', {
      result: named('delivery', text(f, 'result')),
      to: partyName(text(f, 'to')),
      how: [named('road', text(f, 'road')), shown(text(f, 'error'))].filter(Boolean).join(' · '),
    }),
    tone,
  }
}

/** One fact, or nothing when it is shown elsewhere. */
export function line(fact: object, now: number): Line | null {
  const [kind, f] = Object.entries(fact)[0] as [string, Fields]
  switch (kind) {
    case 'state':
      return {
        text: t('fact.state', {
          from: word('state', text(f, 'from')) || '–',
          to: word('state', text(f, 'to')),
        }),
        tone: '',
      }
    case 'class':
      return {
        text: t('fact.class', { from: className(text(f, 'from')) || '–', to: className(text(f, 'to')) }),
        tone: '',
      }
    case 'clock':
      return clock(f, now)
    case 'breach':
      return {
        text: t('fact.breach', {
          clock: word('clock', text(f, 'clock')),
          due: clockTime(at(text(f, 'deadline')), now, zone.value, language.value),
          holder: placeName(text(f, 'holder')),
        }),
        tone: 'late',
      }
    case 'breach_mark':
      return {
        text: t('fact.mark', { clock: word('clock', text(f, 'clock')), mark: word('mark', text(f, 'mark')) }),
        tone: 'kept',
      }
    case 'notice':
      return notice(f)
    case 'delivery':
      return delivery(f)
    case 'flag':
      return {
        text: t(f.on ? 'fact.flag' : 'fact.unflag', { flag: named('flag', text(f, 'flag')) }),
        tone: '',
      }
    case 'alarm':
      return {
        text: t('fact.alarm', {
          code: named('alarm', text(f, 'code')),
          about: alarmAbout(text(f, 'code'), text(f, 'about')),
        }).trimEnd(),
        tone: 'late',
      }
    case 'rules':
      return { text: t('fact.rules', { name: text(f, 'name'), version: text(f, 'version') }), tone: '' }
    default:
      return null
  }
}

/** The answer when it was not simply taken. */
export function refusal(entry: Entry): string {
  const reply = (entry.facts ?? [])
    .map((f) => (f as { reply?: { result?: string; code?: string } }).reply)
    .find(Boolean)
  if (!reply?.result || reply.result === 'ACCEPTED') return ''
  return [word('result', reply.result), word('code', reply.code)].filter(Boolean).join(' · ')
}

/** How long after `t_due` something was noticed, when that is worth a word. */
export function lateBy(due: string | undefined, noticed: string | undefined): string {
  const ms = at(noticed) - at(due)
  return ms >= 1000 ? duration(ms, language.value) : ''
}
