/** The inbox of a property company, for cheap phones and bad networks. What stands in inbox.html is shown until the program is here. */
import '../shared/theme.css'
import '../shared/theme'
import { language, speak } from '../shared/i18n'
import { restore } from '../shared/session'
import { start } from './start'

speak(language.value)
if ('serviceWorker' in navigator)
  void navigator.serviceWorker.register('./sw.js', { scope: './inbox.html' }).catch(() => {})
void restore()
  .catch(() => false)
  .then(start)
