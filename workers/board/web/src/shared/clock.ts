/**
 * The daemon's clock, as far as a page can know it, and the one tick of the page.
 *
 * Time left is counted by the daemon's clock, not by the computer's own, which may be minutes wrong: every answer that says
 * what time it is there moves the difference. Ten thousand rows share one timer; it stands still while nobody looks.
 */
import { onScopeDispose, ref, type Ref } from 'vue'

let ahead = 0 // of ours, in ms
let scale = 1 // of a demonstration: so many times faster than our clock …
let scaledFrom = 0 // … since this instant of ours, at which the daemon's clock …
let scaledAt = 0 // … showed this
let known = false

/** The daemon said that it is `now` there; the answer took `took` ms on its way. */
export function heard(now: number, took = 0): void {
  if (!Number.isFinite(now)) return
  const here = Date.now()
  const there = now + (took / 2) * scale
  if (scale !== 1) {
    scaledFrom = here
    scaledAt = there
  } else if (!known || Math.abs(there - here - ahead) > 250) {
    ahead = there - here
  }
  known = true
  tick.value = daemonNow()
}

export function scaled(by: number): void {
  if (by === scale || !(by >= 1)) return
  scaledAt = daemonNow()
  scaledFrom = Date.now()
  scale = by
}

export function daemonNow(): number {
  const here = Date.now()
  return scale === 1 ? here + ahead : scaledAt + (here - scaledFrom) * scale
}

const tick = ref(Date.now())
let timer: ReturnType<typeof setTimeout> | undefined
let users = 0

function arm(): void {
  clearTimeout(timer)
  if (users === 0 || (typeof document !== 'undefined' && document.hidden)) return
  tick.value = daemonNow()
  // On the daemon's full seconds, so that all pages of a room change together.
  timer = setTimeout(arm, scale === 1 ? 1000 - (((tick.value % 1000) + 1000) % 1000) + 5 : 250)
}

if (typeof document !== 'undefined') document.addEventListener('visibilitychange', arm)

/** The daemon's time, changing each second while the component is there. */
export function useNow(): Readonly<Ref<number>> {
  users++
  if (users === 1) arm()
  onScopeDispose(() => {
    users--
    if (users === 0) clearTimeout(timer)
  })
  return tick
}
