/**
 * The desk: wall, supervisors, dispatchers, city. What stands in index.html is shown until the program is here; a one-time
 * sign-in comes as …/#ticket=… and leaves no trace in the address.
 */
import { ticket } from '../shared/ticket' // first: see there
import '../shared/theme.css'
import './desk.css'
import '../shared/theme'
import { bringTexts } from '../shared/i18n'
import { redeem, restore } from '../shared/session'
import { start } from './start'

document.documentElement.dataset.program = 'here' // nobody asks ahead of it any more (ahead.ts)
const texts = bringTexts({
  zh: () => import('virtual:texts/desk/zh'),
  en: () => import('virtual:texts/desk/en'),
})

async function begin(): Promise<{ ticket: boolean }> {
  if (!ticket) {
    await restore().catch(() => false) // the page itself says that nobody answers
    return { ticket: false }
  }
  return redeem(decodeURIComponent(ticket)).then(
    () => ({ ticket: false }),
    async () => ({ ticket: !(await restore().catch(() => false)) }),
  )
}

void Promise.all([begin(), texts]).then(([{ ticket }]) => start(ticket))
