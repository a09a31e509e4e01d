/** The pages of the desk. Addresses stand behind a #, so that the board serves one file and every address can be sent to a colleague. */
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import type { Text } from '../shared/texts'

declare module 'vue-router' {
  interface RouteMeta {
    title: Text
    /** Without the frame of menu and head. */
    bare?: boolean
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/wall' },
  {
    path: '/wall',
    component: () => import('./pages/WallPage.vue'),
    meta: { title: 'wall.title', bare: true },
  },
  { path: '/running', component: () => import('./pages/RunningPage.vue'), meta: { title: 'running.title' } },
  { path: '/area', component: () => import('./pages/AreaPage.vue'), meta: { title: 'area.title' } },
  {
    path: '/breaches',
    component: () => import('./pages/BreachesPage.vue'),
    meta: { title: 'breaches.title' },
  },
  { path: '/orders', component: () => import('./pages/OrdersPage.vue'), meta: { title: 'area.orders' } },
  { path: '/figures', component: () => import('./pages/FiguresPage.vue'), meta: { title: 'figures.title' } },
  {
    path: '/dispatch',
    component: () => import('./pages/DispatchPage.vue'),
    meta: { title: 'dispatch.title' },
  },
  { path: '/report', component: () => import('./pages/ReportPage.vue'), meta: { title: 'report.title' } },
  { path: '/city', component: () => import('./pages/CityPage.vue'), meta: { title: 'city.title' } },
  { path: '/rules', component: () => import('./pages/RulesPage.vue'), meta: { title: 'rules.title' } },
  { path: '/case/:number', component: () => import('./pages/CasePage.vue'), meta: { title: 'case.title' } },
  { path: '/:rest(.*)*', redirect: '/wall' },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (_to, _from, kept) => kept ?? { top: 0 },
})
