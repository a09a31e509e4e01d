/** Light and dark, as the pages know it. */
import { ref } from 'vue'
import { keepTheme, onSystemTheme, showTheme, type Theme } from './reader'

export const theme = ref<Theme>(showTheme())

export function choose(next: Theme): void {
  keepTheme(next)
  theme.value = showTheme()
}

onSystemTheme(() => (theme.value = showTheme()))
