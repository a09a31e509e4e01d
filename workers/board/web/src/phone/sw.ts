/**
 * The inbox where there is no network: the page itself, its files, and the last answers of the board; and what was done there is
 * sent when the network is back, even when the page has been closed. One file without parts, made by vite.config.ts.
 */
import { Away, flush, type Answer } from './flush'
import { forget, keep, kept, noted } from './store'

declare const self: ServiceWorkerGlobalScope
declare const HX_FILES: string[]
declare const HX_VERSION: string

const PAGE = `page-${HX_VERSION}`
const ANSWERS = 'answers'
/** What the page asks for to show something at all. */
const REMEMBERED = /\/api\/v1\/(session|inbox|texts|life-cycle|city\/buildings|cases\/[^/]+)$/

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(PAGE)
      .then((c) => c.addAll(HX_FILES))
      .then(() => self.skipWaiting()),
  )
})
self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((n) => n !== PAGE && n !== ANSWERS).map((n) => caches.delete(n))),
      )
      .then(() => self.clients.claim()),
  )
})

/** The network, as long as it answers within a moment; then what was there the last time. */
async function fresh(request: Request, cache: string): Promise<Response> {
  const store = await caches.open(cache)
  const network = fetch(request).then(async (response) => {
    if (response.ok) await store.put(request, response.clone())
    return response
  })
  const known = await store.match(request, { ignoreVary: true })
  if (!known) return network
  const late = new Promise<Response>((resolve) => setTimeout(resolve, 4000, known.clone()))
  return Promise.race([network.catch(() => known), late])
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
}

/** A page is asked for by the worker itself, which gets the program even when the form for signing in would be the answer to a browser. */
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return
  if (event.request.mode === 'navigate') event.respondWith(fresh(new Request(url.href), PAGE))
  else if (url.pathname.includes('/assets/')) event.respondWith(file(event.request))
  else if (REMEMBERED.test(url.pathname)) event.respondWith(fresh(event.request, ANSWERS))
})

const api = (path: string) => new URL(`api/v1/${path}`, self.registration.scope)

async function ask<T>(path: string, body: BodyInit, type: string): Promise<T> {
  const response = await fetch(api(path), {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': type, 'X-CSRF-Token': (await noted<string>('csrf')) ?? '' },
    body,
  }).catch(() => null)
  if (!response?.ok) throw new Away()
  return (await response.json()) as T
}

async function sendKept(): Promise<void> {
  await flush(
    { all: kept, put: keep, drop: forget },
    {
      photo: async (number, photo) =>
        (await ask<{ evidence: string }>(`cases/${number}/photos`, photo, photo.type)).evidence,
      offline: (body) => ask<{ replies: Answer[] }>('offline', JSON.stringify(body), 'application/json'),
    },
    Date.now,
  )
  for (const page of await self.clients.matchAll()) page.postMessage('outbox')
}

self.addEventListener('sync' as 'message', (event) => event.waitUntil(sendKept()))
/** Signing out: nobody who takes this phone sees what was shown. */
self.addEventListener('message', (event) => {
  if (event.data === 'forget') event.waitUntil(caches.delete(ANSWERS))
})
