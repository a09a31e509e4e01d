import '../shared/theme.css'
import '../shared/theme'
import { language, speak } from '../shared/i18n'
import { restore } from '../shared/session'

speak(language.value)
Promise.all([import('./start'), restore().catch(() => false)]).then(([{ start }]) => start())
