import { describe, expect, it } from 'vitest'
import catalogue from '../../../../../daemon/cli/show/catalogue.c?raw'
import lifeCycle from '../../../../../config/life-cycles/complaint.yaml?raw'
import { texts } from './texts'

const sources = import.meta.glob(
  ['../**/*.vue', '../**/*.ts', '!../**/*.test.ts', '!../api/schema.d.ts', '!./texts.ts', '!./sign-texts.ts'],
  {
    query: '?raw',
    eager: true,
    import: 'default',
  },
) as Record<string, string>
const all = Object.values(sources).join('\n')
const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join()

describe('the catalogue', () => {
  it.each(Object.entries(texts))('%s is there in both languages, with the same holes', (_, [zh, en]) => {
    expect(zh.trim()).not.toBe('')
    expect(en.trim()).not.toBe('')
    expect(holes(zh)).toBe(holes(en))
  })

  it('has no text that nobody shows', () => {
    const unused = Object.keys(texts).filter((name) => !all.includes(`'${name}'`) && !prefixUsed(name))
    expect(unused).toEqual([])
  })

  it('has every text that a page asks for', () => {
    const asked = Array.from(all.matchAll(/\bt\('([\w.]+)'/g), (m) => m[1]!)
    expect(asked.filter((name) => !(name in texts))).toEqual([])
    expect(asked.length).toBeGreaterThan(20)
  })
})

/** Every word of a list of the life cycle: "needs: [a, b]" gives a and b. */
const listed = (key: string): string[] =>
  Array.from(lifeCycle.matchAll(new RegExp(`\\b${key}: *\\[([^\\]]*)\\]`, 'g')), (m) => m[1]!.split(','))
    .flat()
    .map((w) => w.trim())
const every = (pattern: RegExp, text = lifeCycle) => Array.from(text.matchAll(pattern), (m) => m[1]!)

describe('what the rules name and do not translate', () => {
  it.each([
    ['alarm', every(/WORDS_ALARM, "(\w+)"/g, catalogue)],
    ['need', listed('needs')],
    ['calendar', every(/\bcalendar: *([\w-]+)/g)],
    ['post', every(/to: "city\/(\w+)"/g)],
    ['receiver', every(/name: (\w+),\s+to: "\{/g)],
  ])('%s has its words', (family, names) => {
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !(`${family}.${name}` in texts))).toEqual([])
  })
})

/** named('flag', x): a family of names for what the schema knows by a word. */
function prefixUsed(name: string): boolean {
  return (
    all.includes(`named('${name.slice(0, name.indexOf('.'))}',`) ||
    all.includes(`t(\`${name.slice(0, name.lastIndexOf('.'))}.\${`)
  )
}

describe('templates', () => {
  const templates = Object.entries(sources).filter(([file]) => file.endsWith('.vue'))

  it.each(templates)('%s has no text of its own', (_, source) => {
    const template = /<template>[\s\S]*<\/template>/.exec(source)?.[0] ?? ''
    const words = template
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(/\{\{[\s\S]*?\}\}/g, '')
      .replace(/<(?:"[^"]*"|'[^']*'|[^>"'])*>/g, '\n')
    expect(words.match(/\p{L}{2,}/gu) ?? []).toEqual([])
    const attributes = Array.from(
      template.matchAll(/\s(?:aria-label|title|alt|placeholder|label)="([^"]*\p{L}[^"]*)"/gu),
      (m) => m[1],
    )
    expect(attributes).toEqual([])
  })

  it.each(Object.entries(sources))('%s has no Chinese outside the catalogue', (file, source) => {
    const code = source.replace(/\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->|\/\/[^\n]*/g, '')
    if (/time\.ts$|kept-texts\.ts$/.test(file)) return // units of time
    expect(code.match(/\p{Script=Han}+/gu) ?? []).toEqual([])
  })
})
