import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'

/** Fetches the page that the address names, while there is somebody to wait for. */
export function prepare(): void {
  const named = /^#(\/.+)/.exec(location.hash)?.[1] ?? '/wall'
  for (const { components } of router.resolve(named).matched) {
    const page: unknown = components?.default // the component itself, once the router has it
    if (typeof page === 'function') void (page as () => Promise<unknown>)().catch(() => {})
  }
}

export function start(ticketFailed: boolean): void {
  createApp(App, { ticketFailed }).use(router).mount('#app')
}
