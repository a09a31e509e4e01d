// What a page makes a browser fetch before it shows something, in bytes as they travel. Fails above the limit, and when the
// phone would fetch what only desks need. Usage: node budget.mjs FOLDER
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2]
const size = (name) =>
  statSync(join(folder, existsSync(join(folder, `${name}.gz`)) ? `${name}.gz` : name)).size

/** A page with every file that it names, and that those name by a static import or as a dependency of a dynamic one. */
function closure(page) {
  const seen = new Set([page])
  const text = (name) => readFileSync(join(folder, name), 'utf8').replace(/ data-\w+="[^"]*"/g, '') // what comes after it
  for (const name of seen) {
    if (!/\.(html|js)$/.test(name)) continue
    for (const [found] of text(name).matchAll(/[\w.-]+-[0-9a-z]{8}\.(?:js|css)/g)) {
      const path = `assets/${found}`
      if (existsSync(join(folder, path))) seen.add(path)
    }
  }
  return [...seen]
}

/** What the page itself names: fetched at once, and all that stands between it and what it shows. */
function critical(page) {
  const html = readFileSync(join(folder, page), 'utf8').replace(/ data-\w+="[^"]*"/g, '')
  return [page, ...Array.from(html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g), (m) => m[1])]
}

let failed = false
function check(ok, text) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${text}`)
  failed ||= !ok
}

const phone = closure('inbox.html')
const bytes = phone.reduce((sum, name) => sum + size(name), 0)
check(
  bytes <= 200 * 1024,
  `the phone's page with everything behind it: ${bytes} of ${200 * 1024} bytes, ${phone.length} files`,
)
const foreign = phone.filter(
  (name) =>
    /echarts|element-plus|charts/i.test(name) ||
    /zrender|el-button/.test(readFileSync(join(folder, name), 'utf8')),
)
check(foreign.length === 0, `the phone fetches nothing that only desks need ${foreign}`)
const form = closure('sign.html')
const formBytes = form.reduce((sum, name) => sum + size(name), 0)
check(
  formBytes <= 12 * 1024,
  `the form for signing in: ${formBytes} of ${12 * 1024} bytes, ${form.length} files`,
)
const pages = ['index', 'inbox', 'sign'].flatMap((name) => [`${name}.html`, `${name}.en.html`])
for (const [name, limit] of [
  ['inbox', 60],
  ['index', 104],
])
  for (const page of [`${name}.html`, `${name}.en.html`]) {
    const files = critical(page)
    const sum = files.reduce((bytes, file) => bytes + size(file), 0)
    check(
      sum <= limit * 1024 && files.some((file) => file.includes(page.includes('.en.') ? '-en-' : '-zh-')),
      `${page} waits for ${sum} of ${limit * 1024} bytes, ${files.length} files, one language`,
    )
  }
for (const page of pages) {
  const html = readFileSync(join(folder, page), 'utf8')
  check(
    !/<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style[^>]/i.test(html) && html.split('<style>').length <= 2,
    `${page} has no inline script, and one style sheet of which the board names the hash`,
  )
  check(!/https?:\/\/(?!www\.w3\.org\/)/.test(html), `${page} names no other host`)
}
const styles = readdirSync(join(folder, 'assets')).filter((name) => name.endsWith('.css'))
const loading = styles.filter((name) =>
  /(?:url\(|@import)\s*['"]?(?:https?:|\/\/|data:)/i.test(readFileSync(join(folder, 'assets', name), 'utf8')),
)
check(
  loading.length === 0,
  `no style sheet loads from another host, or what the page's rules forbid ${loading}`,
)
process.exit(failed ? 1 : 0)
