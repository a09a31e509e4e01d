/** The catalogue as its parts are put together: what a program may say in a language. Used by the build and by tests, never by a page. */
import { deskTexts } from '../desk/texts'
import { phoneTexts } from '../phone/texts'
import { commonTexts, type Texts } from './texts'
import type { Language } from './time'

export const programs = {
  desk: { ...commonTexts, ...deskTexts },
  phone: { ...commonTexts, ...phoneTexts },
} as const satisfies Record<string, Texts>
export type Program = keyof typeof programs

/** Those of one program in one language: {"wall.title": "Wall", …}. */
export function spoken(program: Program, language: Language): Record<string, string> {
  return Object.fromEntries(
    Object.entries<readonly [zh: string, en: string]>(programs[program]).map(([name, [zh, en]]) => [
      name,
      language === 'zh' ? zh : en,
    ]),
  )
}
