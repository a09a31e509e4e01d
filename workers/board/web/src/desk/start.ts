import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'

export function start(ticketFailed: boolean): void {
  createApp(App, { ticketFailed }).use(router).mount('#app')
}
