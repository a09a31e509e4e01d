/**
 * The pages of the desk. They are one file: a slow network pays for each trip, and not for a few KB; only charts, dialogs, the picture of
 * the rules and the page of the city come when they are wanted (ahead.ts asks for them early). Addresses stand behind a #, so that the board
 * serves one file and every address can be sent to a colleague.
 */
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { get } from '../shared/api'
import type { Text } from '../shared/i18n'
import AreaPage from './pages/AreaPage.vue'
import BreachesPage from './pages/BreachesPage.vue'
import CasePage from './pages/CasePage.vue'
import DispatchPage from './pages/DispatchPage.vue'
import FiguresPage from './pages/FiguresPage.vue'
import OrdersPage from './pages/OrdersPage.vue'
import ReportPage from './pages/ReportPage.vue'
import RunningPage from './pages/RunningPage.vue'
import WallPage from './pages/WallPage.vue'

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
    component: WallPage,
    meta: { title: 'wall.title', bare: true },
  },
  { path: '/running', component: RunningPage, meta: { title: 'running.title' } },
  { path: '/area', component: AreaPage, meta: { title: 'area.title' } },
  {
    path: '/breaches',
    component: BreachesPage,
    meta: { title: 'breaches.title' },
  },
  { path: '/orders', component: OrdersPage, meta: { title: 'area.orders' } },
  { path: '/figures', component: FiguresPage, meta: { title: 'figures.title' } },
  {
    path: '/dispatch',
    component: DispatchPage,
    meta: { title: 'dispatch.title' },
  },
  { path: '/report', component: ReportPage, meta: { title: 'report.title' } },
  { path: '/city', component: () => import('./pages/CityPage.vue'), meta: { title: 'city.title' } },
  { path: '/rules', component: () => import('./pages/RulesPage.vue'), meta: { title: 'rules.title' } },
  { path: '/case/:number', component: CasePage, meta: { title: 'case.title' } },
  { path: '/:rest(.*)*', redirect: '/wall' },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (_to, _from, kept) => kept ?? { top: 0 },
})

/** Since the board was brought up to date a page's own file may have another name: all is loaded anew, where there is a board. */
router.onError((_error, to) => {
  if (!router.currentRoute.value.matched.length) return // it has just been loaded
  const again = () => {
    history.replaceState(null, '', `#${to.fullPath}`)
    location.reload()
  }
  void get('health').then(again, () => {})
})
