/** Which act a key of the dispatcher's page means. Pure: nothing while somebody types, but for leaving the field, or with Ctrl, Alt or Meta. */
interface Key {
  key: string
  ctrlKey: boolean
  altKey: boolean
  metaKey: boolean
  /** Of a word that an input method is still making: Enter and Esc are its own. */
  isComposing?: boolean
  /** It is held down. */
  repeat?: boolean
  target: unknown
}

const BOTH: Record<string, string> = {
  j: 'next',
  arrowdown: 'next',
  k: 'back',
  arrowup: 'back',
  h: 'holder',
  d: 'duplicate',
  q: 'queue',
}
const TRIAGE: Record<string, string> = { enter: 'dispatch', m: 'merge', x: 'reject' }
const RETURNS: Record<string, string> = { a: 'accept', n: 'refuse' }

function typing(target: unknown): boolean {
  const e = target as { tagName?: string; type?: string; isContentEditable?: boolean } | null
  if (!e?.tagName) return false
  return (
    e.isContentEditable === true ||
    /^(TEXTAREA|SELECT)$/.test(e.tagName) ||
    (e.tagName === 'INPUT' && e.type !== 'radio' && e.type !== 'checkbox')
  )
}

/** Enter ends what is typed there, and Enter once more is the page's. */
const isLine = (target: unknown) => (target as { tagName?: string }).tagName === 'INPUT'

/** What Enter does on a button or link is that one's own; the case that is chosen already cannot be chosen again, and is sent. */
function pressing(target: unknown): boolean {
  const e = target as { tagName?: string; ariaCurrent?: string | null } | null
  return /^(BUTTON|A)$/.test(e?.tagName ?? '') && !(e?.tagName === 'BUTTON' && e.ariaCurrent === 'true')
}

export function keyAct(e: Key, queue: 'triage' | 'returns'): string | null {
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return null
  const key = e.key.toLowerCase()
  if (typing(e.target)) return key === 'escape' || (key === 'enter' && isLine(e.target)) ? 'leave' : null
  if (key === 'enter' && (e.repeat || pressing(e.target))) return null // one that left a field does not send the case as well
  if (queue === 'triage' && /^[1-9]$/.test(key)) return `class${key}`
  return BOTH[key] ?? (queue === 'triage' ? TRIAGE : RETURNS)[key] ?? null
}
