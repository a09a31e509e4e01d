/** Light and dark: what the system says, until the reader chooses. */
import { ref } from 'vue'

export type Theme = 'light' | 'dark'
const KEPT = 'hongxin.theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const kept = (): Theme | null => {
  const value = localStorage.getItem(KEPT)
  return value === 'light' || value === 'dark' ? value : null
}

export const theme = ref<Theme>('light')

function show(): void {
  theme.value = kept() ?? (system.matches ? 'dark' : 'light')
  document.documentElement.classList.toggle('dark', theme.value === 'dark')
  document
    .querySelector('meta[name=theme-color]')
    ?.setAttribute('content', theme.value === 'dark' ? '#11161b' : '#b3261e')
}

export function choose(next: Theme): void {
  localStorage.setItem(KEPT, next)
  show()
}

system.addEventListener('change', show)
show()
