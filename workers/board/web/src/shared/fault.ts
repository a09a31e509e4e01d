/** What went wrong, in words for the person who sits there. */
import { Refused } from './api'
import { t } from './i18n'
import { partyName, word } from './names'
import { shown } from './text'

/** Refused for what is done, not for what it lacks: then it helps to know what can be done instead. */
const hasItsTime = new Set(['NOT_NOW', 'BAD_ROLE'])

export function faultText(error: unknown): string {
  if (!(error instanceof Refused)) return t('fault.other', { code: 'PAGE', detail: String(error) })
  const { problem } = error
  if (error.status === 0) return t('fault.network')
  if (problem.decided)
    return t('fault.decided', {
      by: partyName(problem.decided.decided_by) || '?',
      cause: word('event', problem.decided.cause),
    })
  if (error.code === 'STALE_VERSION') return t('fault.stale')
  if (error.away || error.status === 429) return t('fault.busy')
  if (error.status === 403) return t('fault.right')
  if (error.status === 404) return t('fault.missing')
  if (hasItsTime.has(error.code) && problem.allowed?.length)
    return t('fault.notnow', { allowed: problem.allowed.map((e) => word('event', e)).join(' · ') })
  return t('fault.other', {
    code: word('code', error.code) || String(error.status),
    detail: shown(problem.detail),
  })
}
