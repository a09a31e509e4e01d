/**
 * The journal as it is written: server-sent events with resume, for a whole page.
 *
 * A break is made good by the browser itself (Last-Event-ID) while the board answers; where it gives up (board restarted,
 * session not known for a moment) we connect again from the last id we have, after a growing wait. What is shown stays on
 * the screen, marked as old.
 */
import { judge, parseId, printId, wait, type Position } from './resume'
import type { Entry } from './api'

export type State = 'connecting' | 'live' | 'away' | 'ended'

export interface Hello {
  epoch: string
  lsn: number
  now: string
  heartbeat_ms?: number
  scale?: number
}

export interface StreamOptions {
  /** Address without a position. */
  url: string
  /** Where what is shown stands; null: from now on. */
  from: Position | null
  hello?(hello: Hello): void
  entry(entry: Entry): void
  /** What is shown has to be loaded anew; the stream goes on from `position`. */
  reset(position: Position | null): void
  state(state: State): void
  /** For tests. */
  source?: new (url: string) => EventSource
  timer?: (what: () => void, ms: number) => unknown
}

export class Stream {
  private at: Position | null
  private source: EventSource | null = null
  private tries = 0
  private closed = false

  constructor(private readonly options: StreamOptions) {
    this.at = options.from
    this.connect()
  }

  get position(): Position | null {
    return this.at
  }

  close(): void {
    this.closed = true
    this.source?.close()
    this.source = null
  }

  private connect(): void {
    if (this.closed) return
    const make = this.options.source ?? EventSource
    const resumes = this.at !== null
    const join = this.options.url.includes('?') ? '&' : '?'
    const source = new make(
      this.at
        ? `${this.options.url}${join}last_event_id=${encodeURIComponent(printId(this.at))}`
        : this.options.url,
    )
    this.source = source
    this.options.state('connecting')
    const on = (name: string, what: (e: MessageEvent<string>) => void) =>
      source.addEventListener(name, (e) => this.source === source && what(e as MessageEvent<string>))
    on('hello', (e) => {
      const hello = JSON.parse(e.data) as Hello
      this.tries = 0
      this.at ??= { epoch: hello.epoch, lsn: hello.lsn }
      this.options.hello?.(hello)
    })
    on('live', () => this.options.state('live'))
    on('entry', (e) => this.take(e))
    on('reset', (e) => this.reset(JSON.parse(e.data) as { epoch: string; lsn: number }))
    on('end', () => this.end())
    source.onerror = () => this.source === source && this.broken(source, resumes)
  }

  private take(e: MessageEvent<string>): void {
    const verdict = judge(this.at, e.lastEventId)
    if (verdict === 'reset') return this.reset(null)
    if (verdict === 'old') return
    this.at = parseId(e.lastEventId)
    this.options.entry(JSON.parse(e.data) as Entry)
  }

  private reset(to: { epoch: string; lsn: number } | null): void {
    this.at = to && to.epoch ? { epoch: to.epoch, lsn: to.lsn } : null
    this.options.reset(this.at)
  }

  private end(): void {
    this.close()
    this.options.state('ended')
  }

  /**
   * The browser tries again by itself unless it has given up (any answer but 200 and 204). One that began without a position
   * would begin there again, and miss what came between: we name the position ourselves.
   */
  private broken(source: EventSource, resumes: boolean): void {
    this.options.state('away')
    if (source.readyState !== 2 && resumes) return
    source.close()
    const later = this.options.timer ?? setTimeout
    later(() => this.connect(), wait(this.tries++, Math.random()))
  }
}
