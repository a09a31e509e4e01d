/**
 * The page of who is not signed in: the form stands in it already, this only makes it work. The board answers with it in place of
 * desk and inbox (api.c), at the same address; so whoever has signed in loads that address again, and is there.
 */
import { ticket } from '../shared/ticket' // first: see there
import '../shared/theme.css'
import '../shared/sign.css'
import { post, type Session } from '../shared/api'
import { keepLanguage, onSystemTheme, readLanguage, showTheme } from '../shared/reader'
import { signForm } from '../shared/sign'

showTheme()
onSystemTheme(showTheme)
const atInbox = location.pathname.endsWith('/inbox.html')
const language = readLanguage()
keepLanguage(language)

/** Companies with a phone work with the inbox. */
function home(session: Session): void {
  const inbox = session.role.name === 'company' && matchMedia('(max-width: 760px)').matches
  if (inbox && !atInbox) location.assign('./inbox.html')
  else location.reload()
}

function begin(message?: 'sign.ticket'): void {
  signForm(document.getElementById('app')!, {
    language,
    speak: keepLanguage,
    enter: async (name, password, code) =>
      home(await post<Session>('login', code ? { name, password, code } : { name, password })),
    done: () => {},
    message,
  })
}

if (ticket)
  post<Session>('login/ticket', { ticket: decodeURIComponent(ticket) }).then(home, () => begin('sign.ticket'))
else begin()

/** Meanwhile the program that comes next is fetched, when nothing else is waited for. */
addEventListener('load', () => {
  const next = atInbox ? document.body.dataset.phone : document.body.dataset.desk
  for (const href of next?.split(' ') ?? []) {
    const link = document.createElement('link')
    Object.assign(link, { rel: 'prefetch', href })
    document.head.append(link)
  }
})
