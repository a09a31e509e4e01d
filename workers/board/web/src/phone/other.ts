/** The other language where there is no network: a service worker keeps what the board tells in it, asked for once a day. */
import { address } from '../shared/api'
import { askOther } from '../shared/i18n'
import type { Language } from '../shared/time'

const DAY_MS = 86_400_000

/** As soon as a service worker is there to keep it; never when there is none. */
export async function keepOther(next: Language): Promise<void> {
  const workers = navigator.serviceWorker
  if (!workers) return
  if (!workers.controller)
    await new Promise((taken) => workers.addEventListener('controllerchange', taken, { once: true }))
  const kept = await caches.match(address('texts', { language: next }), { ignoreVary: true })
  const age = Date.now() - Date.parse(kept?.headers.get('Date') ?? '')
  if (!(age < DAY_MS)) await askOther(next)
}
