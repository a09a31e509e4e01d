/** What the reader of this browser has chosen, or his system says: language, light or dark. Without Vue, for the smallest page. */
import type { Language } from './time'

export type Theme = 'light' | 'dark'
const LANGUAGE = 'hongxin.language'
const THEME = 'hongxin.theme'

export function readLanguage(): Language {
  const kept = localStorage.getItem(LANGUAGE)
  if (kept === 'zh' || kept === 'en') return kept
  return navigator.languages.find((l) => /^(zh|en)\b/.test(l))?.startsWith('en') ? 'en' : 'zh'
}

/** The cookie tells the board, which answers with the page of that language, texts and all. */
export function keepLanguage(language: Language): void {
  localStorage.setItem(LANGUAGE, language)
  document.cookie = `hongxin_language=${language}; path=${new URL('.', document.baseURI).pathname}; max-age=31536000; samesite=strict`
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

const system = matchMedia('(prefers-color-scheme: dark)')
export const onSystemTheme = (what: () => void): void => system.addEventListener('change', what)
export const keepTheme = (theme: Theme): void => localStorage.setItem(THEME, theme)

/** Light and dark: what the system says, until the reader chooses. */
export function showTheme(): Theme {
  const kept = localStorage.getItem(THEME)
  const theme = kept === 'light' || kept === 'dark' ? kept : system.matches ? 'dark' : 'light'
  const { classList } = document.documentElement
  classList.toggle('dark', theme === 'dark')
  classList.toggle('light', theme === 'light')
  document
    .querySelector('meta[name=theme-color]')
    ?.setAttribute('content', theme === 'dark' ? '#11161b' : '#b3261e')
  return theme
}
