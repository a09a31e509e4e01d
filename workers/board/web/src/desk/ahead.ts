/**
 * What the page at this address asks first, asked while the program is still coming: the address stands behind the #, where only the
 * browser reads it. A small program by itself, first in index.html; the large one takes each answer once (shared/api.ts), and the
 * files that a page brings beside it are named by the script's own element (vite.config.ts).
 */
const [, page = 'wall', of = ''] = /^#\/(\w+)\/?([^?]*)/.exec(location.hash) ?? []
const asked = new Map([
  ['wall', ['city/grids.geojson']],
  ['city', ['city/grids.geojson']],
  ['area', ['notices?open=true&limit=50', 'orders']],
  ['orders', ['orders']],
  ['dispatch', ['triage', 'returns']],
  ['case', [`cases/${of}`]],
])

function ask(rel: string, href: string, as: string): void {
  const link = document.createElement('link')
  Object.assign(link, { rel, href, as, crossOrigin: '' })
  document.head.append(link)
}

const late = document.documentElement.dataset.program !== undefined
if (!late && !location.hash.includes('?'))
  for (const path of asked.get(page) ?? []) ask('preload', `./api/v1/${path}`, 'fetch')
for (const file of document.querySelector<HTMLElement>('[data-files]')!.dataset.files!.split(' ')) {
  const [whose, path] = file.split('=')
  if (whose !== page) continue
  if (path!.endsWith('.css')) ask('preload', path!, 'style')
  else ask('modulepreload', path!, 'script')
}

export {}
