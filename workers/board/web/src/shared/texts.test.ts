import { describe, expect, it } from 'vitest'
import catalogue from '../../../../../daemon/cli/show/catalogue.c?raw'
import lifeCycle from '../../../../../config/life-cycles/complaint.yaml?raw'
import { programs, spoken, type Program } from './catalogue'
import { signTexts } from './sign-texts'
import type { Texts } from './texts'

const sources = import.meta.glob(
  ['../**/*.vue', '../**/*.ts', '!../**/*.test.ts', '!../**/*.d.ts', '!../**/texts.ts', '!./sign-texts.ts'],
  {
    query: '?raw',
    eager: true,
    import: 'default',
  },
) as Record<string, string>
const all = Object.values(sources).join('\n')
const texts: Texts = { ...programs.desk, ...programs.phone, ...signTexts }
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

  it('has no text twice', () => {
    expect(Object.keys(programs.desk).filter((name) => name in signTexts)).toEqual([])
    expect(Object.keys(programs.phone).filter((name) => name in signTexts)).toEqual([])
  })

  it.each(['desk', 'phone'] as Program[])('%s brings every text that it asks for', (program) => {
    const mine = Object.entries(sources)
      .filter(([file]) => file.startsWith('./') || file.startsWith(`../${program}/`))
      .map(([, source]) => source)
      .join('\n')
    const asked = Array.from(mine.matchAll(/'([a-z]\w*\.[\w.-]+)'/g), (m) => m[1]!).filter(
      (name) => name in texts,
    )
    const brought = { ...signTexts, ...programs[program] }
    expect(asked.filter((name) => !(name in brought))).toEqual([])
    expect(asked.length).toBeGreaterThan(20)
    const families = Array.from(mine.matchAll(/\b(?:isN|n)amed\('([\w]+)'/g), (m) => `${m[1]}.`)
    const foreign = Object.keys(texts).filter(
      (name) => families.some((f) => name.startsWith(f)) && !(name in brought),
    )
    expect(foreign).toEqual([])
  })

  it('has one name for whoever reports', () => {
    expect(Object.keys(texts).filter((name) => texts[name]![0].includes('投诉人'))).toEqual([])
  })

  it('is told in one language', () => {
    expect(spoken('desk', 'en')['wall.title']).toBe('Wall')
    expect(spoken('phone', 'zh')['phone.title']).toBe('待办')
    expect(Object.keys(spoken('phone', 'en'))).not.toContain('wall.title')
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
