/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { defineConfig, type Plugin } from 'vite'
import { spoken, type Program } from './src/shared/catalogue'
import { signMarkup } from './src/shared/sign-markup'
import type { Language } from './src/shared/time'

/** Beside each file that shrinks its form in gzip, which hongxin-board sends to whoever takes it. */
function compressed(): Plugin {
  let folder = ''
  const walk = (at: string): string[] =>
    readdirSync(at).flatMap((name) => {
      const path = resolve(at, name)
      return statSync(path).isDirectory() ? walk(path) : [path]
    })
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: (config) => void (folder = resolve(config.root, config.build.outDir)),
    closeBundle() {
      for (const path of walk(folder)) {
        if (!/\.(html|js|css|svg|json|webmanifest)$/.test(path)) continue
        const plain = readFileSync(path)
        const small = gzipSync(plain, { level: 9 })
        if (small.length < plain.length * 0.9) writeFileSync(`${path}.gz`, small)
      }
    },
  }
}

/**
 * The phone's service worker: one file whose name never changes, with the list of what the inbox needs inside. Its parts are
 * bundled apart from the pages, because a worker that imports is not understood everywhere.
 */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async generateBundle(_options, bundle) {
      const wanted = new Set<string>()
      const want = (name: string) => {
        const part = bundle[name]
        if (!part || wanted.has(name)) return
        wanted.add(name)
        if (part.type !== 'chunk') return
        for (const css of part.viteMetadata?.importedCss ?? []) want(css)
        for (const next of [...part.imports, ...part.dynamicImports]) want(next)
      }
      for (const part of Object.values(bundle))
        if (part.type === 'chunk' && part.name === 'phone') want(part.fileName)
      const files = ['inbox.html', 'icon.svg', 'inbox.webmanifest', ...[...wanted].sort()]
      const made = await build({
        entryPoints: [at('src/phone/sw.ts')],
        bundle: true,
        minify: true,
        write: false,
        format: 'iife',
        target: 'es2020',
        define: { HX_FILES: JSON.stringify(files), HX_VERSION: JSON.stringify(digest(files.join())) },
      })
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: made.outputFiles[0]!.text })
    },
  }
}

const TEXTS = /^\0?virtual:texts\/(desk|phone)\/(zh|en)$/

/** The catalogue, as each program asks for it: a module for each language (src/texts.d.ts). */
function catalogue(): Plugin {
  return {
    name: 'catalogue',
    resolveId: (id) => (TEXTS.test(id) ? `\0${id}` : null),
    load(id) {
      const [, program, language] = TEXTS.exec(id) ?? []
      return program
        ? `export default ${JSON.stringify(spoken(program as Program, language as Language))}`
        : null
    },
  }
}

/**
 * What a slow network costs are its round trips, so the page itself brings what can be seen: its small style sheets stand in it (the
 * board names their hash in the Content-Security-Policy), the form for signing in as well. It asks for the data that its program will
 * want, together with that, and for what the program says: so there is a page for each language, sign.en.html beside sign.html, of
 * which the board answers with the reader's (api.c).
 */
function paintsFirst(): Plugin {
  let folder = ''
  const asked: Record<string, string[]> = {
    index: ['session', 'running?limit=2000', 'texts', 'life-cycle', 'city'],
    inbox: ['session', 'inbox', 'texts'],
  }
  const programOf: Record<string, Program> = { index: 'desk', inbox: 'phone' }
  /** The files of a program, without its texts; the file of its texts: "desk", "desk/en". */
  const files: Record<string, string[]> = {}

  const painted = (name: string, html: string, language: Language): string => {
    const sheets: string[] = []
    const rest = html.replace(
      /[ \t]*<link rel="stylesheet"[^>]*href="\.\/([^"]+)"[^>]*>\n?/g,
      (link, path: string) => {
        const css = readFileSync(resolve(folder, path), 'utf8').trim()
        sheets.push(css.length < 8192 ? `    <style>${css}${dark(css)}</style>\n` : `    ${link.trim()}\n`)
        return ''
      },
    )
    const small = sheets.filter((s) => s.includes('<style>'))
    const texts = files[`${programOf[name]}/${language}`] ?? []
    const wanted = [
      ...texts.map((path) => `    <link rel="modulepreload" crossorigin href="./${path}">\n`),
      ...(asked[name] ?? []).map(
        (path) => `    <link rel="preload" as="fetch" crossorigin href="./api/v1/${path}">\n`,
      ),
    ]
    return rest
      .replace(/<html lang="[^"]*"/, `<html lang="${language === 'zh' ? 'zh-CN' : 'en'}"`)
      .replace('  </head>', `${joined(small)}${wanted.join('')}  </head>`)
      .replace('  </body>', `${sheets.filter((s) => !small.includes(s)).join('')}  </body>`)
  }
  /** The form for signing in: it stands there already, and names what comes after it (src/sign/main.ts). */
  const signing = (html: string, language: Language): string => {
    const next = (program: Program) =>
      [...files[program]!, ...files[`${program}/${language}`]!].map((f) => `./${f}`).join(' ')
    return html
      .replace('<body>', `<body data-desk="${next('desk')}" data-phone="${next('phone')}">`)
      .replace('<div id="app">', `<div id="app">${signMarkup(language)}`)
  }
  return {
    name: 'paints-first',
    apply: 'build',
    configResolved: (config) => void (folder = resolve(config.root, config.build.outDir)),
    generateBundle(_options, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type !== 'chunk') continue
        const [, program, language] = TEXTS.exec(part.moduleIds[0] ?? '') ?? []
        if (part.isEntry) files[part.name] = [part.fileName, ...part.imports]
        else if (program) files[`${program}/${language}`] = [part.fileName]
      }
    },
    closeBundle() {
      for (const name of ['index', 'inbox', 'sign']) {
        const html = readFileSync(resolve(folder, `${name}.html`), 'utf8')
        for (const language of ['zh', 'en'] as const) {
          const page = painted(name, html, language)
          const file = language === 'zh' ? `${name}.html` : `${name}.en.html`
          writeFileSync(resolve(folder, file), name === 'sign' ? signing(page, language) : page)
        }
      }
    },
  }
}

/** One <style>, so that there is one hash. */
const joined = (styles: string[]): string => styles.join('').replace(/<\/style>\s*<style>/g, '')

/** The colours of the dark theme, for a system that is dark, until the program has read what its reader wants. */
function dark(css: string): string {
  const colours = /:root\.dark(\{[^}]*\})/.exec(css)?.[1]
  return colours ? `@media(prefers-color-scheme:dark){:root:not(.light)${colours}}` : ''
}

/** Changes with any file's name, and so with any file's content. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

const at = (name: string) => resolve(__dirname, name)

/*
 * Two programs: the desk (index.html) and the phone (inbox.html), which shares with it no library but Vue. Every file
 * of assets/ bears the hash of its content, of letters and digits only: so workers/http/files knows that it may be kept for a year.
 */
export default defineConfig({
  plugins: [
    vue({ template: { compilerOptions: { whitespace: 'preserve' } } }),
    catalogue(),
    paintsFirst(),
    serviceWorker(),
    compressed(),
  ],
  base: './',
  define: { __VUE_OPTIONS_API__: false }, // all components are written with setup, those of the libraries too
  build: {
    outDir: process.env.HX_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2020',
    assetsInlineLimit: 0, // the Content-Security-Policy takes nothing from data: but pictures
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700, // ECharts, fetched with the page of figures
    rollupOptions: {
      input: { desk: at('index.html'), phone: at('inbox.html'), sign: at('sign.html') },
      output: {
        // What the form needs is one file, which desk and phone have as well; texts are called by what they are.
        manualChunks: (id) =>
          /shared\/(ticket|sign|sign-\w+|api|reader|fill|time)\.ts$|theme\.css$|sign\.css$/.test(id)
            ? 'form'
            : TEXTS.exec(id)?.slice(1).join('-'),
        hashCharacters: 'base36',
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    fs: { allow: ['../../..'] }, // a test reads the schema
    proxy: { '/api': process.env.HX_BOARD ?? 'http://127.0.0.1:54333' },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
