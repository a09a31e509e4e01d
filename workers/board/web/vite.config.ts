/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
      const { from, file } = sheets.phone!
      const needed = [...wanted].filter((name) => !from.includes(name))
      const files = ['inbox.html', 'icon.svg', 'inbox.webmanifest', file, ...needed.sort()]
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

/** The one style sheet of a program, made of those that belong to it from the start. */
const sheets: Record<string, { from: string[]; file: string }> = {}

/**
 * What a slow network costs are its round trips, and what a slow processor costs is what stands before the first paint. So a page
 * paints a drawing, and brings no style sheet but two colours for it; the board names the hash of that in the
 * Content-Security-Policy. The form for signing in stands in its page and has its style sheet there. A page asks for the data that its
 * program will want, together with that, its one style sheet, and what the program says: so there is a page for each language,
 * sign.en.html beside sign.html, of which the board answers with the reader's (api.c).
 */
function paintsFirst(): Plugin {
  let folder = ''
  const asked: Record<string, string[]> = {
    index: ['session', 'running?limit=2000', 'texts?language=', 'life-cycle', 'city'],
    inbox: ['session', 'inbox', 'texts?language='],
  }
  const programOf: Record<string, Program> = { index: 'desk', inbox: 'phone' }
  /** What pages of the desk bring beside the program, and its files as src/desk/ahead.ts reads them: "rules=./assets/…". */
  const beside = { figures: 'parts/Chart.vue', rules: 'pages/RulesPage.vue', city: 'pages/CityPage.vue' }
  const brought: string[] = []
  /** The files of a program, without its texts; the file of its texts: "desk", "desk/en". */
  const files: Record<string, string[]> = {}
  const read = (path: string) => readFileSync(resolve(folder, path), 'utf8').trim()

  const painted = (name: string, html: string, language: Language): string => {
    const links: string[] = []
    const rest = html.replace(
      /[ \t]*<link rel="stylesheet"[^>]*href="\.\/([^"]+)"[^>]*>\n?/g,
      (_, path: string) => {
        links.push(path)
        return ''
      },
    )
    const css = links.map(read).join('')
    const program = programOf[name]
    const style = program ? grounds(css) : css + dark(css)
    const texts = files[`${program}/${language}`] ?? []
    const ahead = `    <script type="module" async crossorigin src="./${files.ahead![0]}" data-files="${brought.join(' ')}"></script>\n`
    const wanted = [
      ...texts.map((path) => `    <link rel="modulepreload" crossorigin href="./${path}">\n`),
      ...(asked[name] ?? []).map(
        (path) =>
          `    <link rel="preload" as="fetch" crossorigin href="./api/v1/${path}${path.endsWith('=') ? language : ''}">\n`,
      ),
    ]
    const sheet = program ? `    <link rel="stylesheet" crossorigin href="./${sheets[program]!.file}">\n` : ''
    return rest
      .replace(/<html lang="[^"]*"/, `<html lang="${language === 'zh' ? 'zh-CN' : 'en'}"`)
      .replace(/ *<script/, (script) => (name === 'index' ? ahead : '') + script)
      .replace('  </head>', `    <style>${style}</style>\n${wanted.join('')}  </head>`)
      .replace('  </body>', `${sheet}  </body>`)
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
      const sheetsOf = (file: string): string[] => {
        const part = bundle[file]
        if (part?.type !== 'chunk') return []
        return [...part.imports.flatMap(sheetsOf), ...(part.viteMetadata?.importedCss ?? [])]
      }
      for (const part of Object.values(bundle)) {
        if (part.type !== 'chunk') continue
        const [, program, language] = TEXTS.exec(part.moduleIds[0] ?? '') ?? []
        if (program) files[`${program}/${language}`] = [part.fileName]
        for (const [page, path] of Object.entries(beside))
          if (part.facadeModuleId?.endsWith(path))
            for (const file of [part.fileName, ...(part.viteMetadata?.importedCss ?? [])])
              brought.push(`${page}=./${file}`)
        if (!part.isEntry) continue
        files[part.name] = [part.fileName, ...part.imports]
        const from = [...new Set(sheetsOf(part.fileName))]
        const source = from
          .map((name) => bundle[name])
          .map((sheet) => (sheet?.type === 'asset' ? sheet.source : ''))
          .join('')
        sheets[part.name] = { from, file: `assets/${part.name}-${digest(source).slice(0, 8)}.css` }
        if (Object.values(programOf).includes(part.name as Program))
          this.emitFile({ type: 'asset', fileName: sheets[part.name]!.file, source })
      }
    },
    closeBundle() {
      for (const name of ['index', 'inbox', 'sign']) {
        const html = read(`${name}.html`)
        for (const language of ['zh', 'en'] as const) {
          const page = painted(name, html, language)
          const file = language === 'zh' ? `${name}.html` : `${name}.en.html`
          writeFileSync(resolve(folder, file), name === 'sign' ? signing(page, language) : page)
        }
      }
      // What a program fetches later needs no sheet of those that are in the one that it has.
      for (const program of Object.values(programOf)) {
        const { from, file } = sheets[program]!
        const path = resolve(folder, files[program]![0]!)
        const code = readFileSync(path, 'utf8')
        const at = (name: string) => `./${name.replace('assets/', '')}`
        writeFileSync(
          path,
          from.reduce((text, name) => text.replaceAll(at(name), at(file)), code),
        )
      }
      for (const name of new Set(Object.values(sheets).flatMap(({ from }) => from)))
        rmSync(resolve(folder, name))
    },
  }
}

/** The ground of the theme, light and dark, for a system that is either, until the program has read what its reader wants. */
function grounds(css: string): string {
  const [light, night] = [':root', ':root\\.dark'].map(
    (root) => new RegExp(`${root}\\{[^}]*--ground: ?(#\\w+)`).exec(css)![1],
  )
  return `body{margin:0;background:${light}}@media(prefers-color-scheme:dark){body{background:${night}}}`
}

/** The colours of the dark theme, for a system that is dark. */
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
      input: {
        desk: at('index.html'),
        phone: at('inbox.html'),
        sign: at('sign.html'),
        ahead: at('src/desk/ahead.ts'),
      },
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
