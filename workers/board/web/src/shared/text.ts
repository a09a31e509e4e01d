/**
 * What somebody wrote, made fit to be shown. Vue escapes HTML by itself; what is left are marks that change how the text
 * *around* reads: direction marks, controls, endless length. Nothing is thrown away silently: a control is shown as its picture.
 */
const DIRECTION = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g
const INVISIBLE = /[\u00ad\u200b\u2060\ufeff\u{e0000}-\u{e007f}]/gu

/** Direction marks go (a <bdi> gives the text its own direction), controls become their pictures (␀), line ends become one kind. */
export function shown(text: string | null | undefined): string {
  return (text ?? '')
    .replace(/\r\n?/g, '\n')
    .replace(DIRECTION, '')
    .replace(INVISIBLE, '')
    .replace(CONTROL, (c) => (c === '\u007f' ? '\u2421' : String.fromCodePoint(0x2400 + c.codePointAt(0)!)))
}

const segments = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter() : null

/** At most `most` letters as a reader counts them (an emoji of a family is one), with a mark that it was cut. */
export function cut(text: string, most: number): { text: string; cut: boolean } {
  if (text.length <= most) return { text, cut: false }
  const letters = segments
    ? Array.from(segments.segment(text.slice(0, most * 16)), (s) => s.segment)
    : Array.from(text)
  return letters.length <= most && text.length <= most * 16
    ? { text, cut: false }
    : { text: letters.slice(0, most).join('').trimEnd() + '…', cut: true }
}
