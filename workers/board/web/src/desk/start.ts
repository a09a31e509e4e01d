import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'

/** Fetches the page that the address names, while there is somebody to wait for. */
export function prepare(): void {
  const named = /^#(\/.+)/.exec(location.hash)?.[1] ?? '/wall'
  for (const { components } of router.resolve(named).matched) {
    const page = components?.default as (() => Promise<unknown>) | undefined
    void page?.().catch(() => {}) // asked for again when it is shown
  }
}

export function start(ticketFailed: boolean): void {
  createApp(App, { ticketFailed }).use(router).mount('#app')
}
