/** The inbox of a property company, for cheap phones and bad networks. What stands in inbox.html is shown until the program is here. */
import '../shared/theme.css'
import '../shared/theme'
import { bringTexts } from '../shared/i18n'
import { restore } from '../shared/session'
import { start } from './start'

const texts = bringTexts({
  zh: () => import('virtual:texts/phone/zh'),
  en: () => import('virtual:texts/phone/en'),
})
if ('serviceWorker' in navigator)
  void navigator.serviceWorker.register('./sw.js', { scope: './inbox.html' }).catch(() => {})
void Promise.all([restore().catch(() => false), texts]).then(start)
