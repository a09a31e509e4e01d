/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
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

const at = (name: string) => resolve(__dirname, name)

/*
 * Two programs: the desk (index.html) and the phone (inbox.html), which shares with it no library but Vue, and the phone's
 * service worker, whose name must not change. Every other file bears the hash of its content, of letters and digits only: so
 * workers/http/files knows that it may be kept for a year.
 */
export default defineConfig({
  plugins: [vue(), compressed()],
  base: './',
  build: {
    outDir: process.env.HX_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2020',
    assetsInlineLimit: 0, // the Content-Security-Policy takes nothing from data: but pictures
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { desk: at('index.html'), phone: at('inbox.html'), sw: at('src/phone/sw.ts') },
      output: {
        hashCharacters: 'base36',
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    proxy: { '/v1': process.env.HX_BOARD ?? 'http://127.0.0.1:54332' },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
