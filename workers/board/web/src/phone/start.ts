import { createApp } from 'vue'
import App from './App.vue'

export function start(): void {
  createApp(App).mount('#app')
}
