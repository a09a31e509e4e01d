/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { defineConfig, type Plugin } from 'vite'

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

/**
 * What a slow network costs are its round trips. Style sheets go to the end of the body: what stands in the page itself (the heart
 * and the name, drawn by attributes alone) is painted as soon as the page is here. Who is signed in is asked for together with the
 * program, and not by it.
 */
function paintsFirst(): Plugin {
  return {
    name: 'paints-first',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const sheets: string[] = []
        const rest = html.replace(/[ \t]*<link rel="stylesheet"[^>]*>\n?/g, (link) => {
          sheets.push(`    ${link.trim()}\n`)
          return ''
        })
        const session = '    <link rel="preload" as="fetch" crossorigin href="./api/v1/session">\n'
        return rest
          .replace('  </head>', `${session}  </head>`)
          .replace('  </body>', `${sheets.join('')}  </body>`)
      },
    },
  }
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
    paintsFirst(),
    serviceWorker(),
    compressed(),
  ],
  base: './',
  build: {
    outDir: process.env.HX_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2020',
    assetsInlineLimit: 0, // the Content-Security-Policy takes nothing from data: but pictures
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700, // ECharts, fetched with the page of figures
    rollupOptions: {
      input: { desk: at('index.html'), phone: at('inbox.html') },
      output: {
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
