/**
 * The board's API, typed from its description (../openapi.yaml; api/schema.d.ts is made from it).
 *
 * A refusal is an exception of class Refused with the problem in it. Nothing is tried again here: whoever asks knows whether
 * that is wanted. Commands bear an id made by the caller, so that sending one again is harmless.
 */
import type { components } from '../api/schema'

type Schemas = components['schemas']
export type Session = Schemas['Session']
export type Running = Schemas['Running']
export type RunningList = Schemas['RunningList']
export type CaseView = Schemas['CaseView']
export type CasePage = Schemas['CasePage']
export type Entry = Schemas['Entry']
export type Move = Schemas['Move']
export type Deadline = Schemas['Deadline']
export type Notice = Schemas['Notice']
export type AlarmList = Schemas['AlarmList']
export type NoticeList = Schemas['NoticeList']
export type WorkItem = Schemas['WorkItem']
export type WorkList = Schemas['WorkList']
export type BreachList = Schemas['BreachList']
export type Silence = Schemas['Silence']
export type CaseList = Schemas['CaseList']
export type Figures = Schemas['Figures']
export type Health = Schemas['Health']
export type Route = Schemas['Route']
export type City = Schemas['City']
export type CityPlace = Schemas['CityPlace']
export type Where = Schemas['Where']
export type Reply = Schemas['Reply']
export type Problem = Schemas['Refusal']
export type ReturnView = Schemas['Return']
export type Act = Schemas['Act']

const ROOT = new URL('api/v1/', document.baseURI)
let csrf = ''
let lost: () => void = () => {}

/** The token of changing requests, from the session. */
export const useCsrf = (token: string): void => void (csrf = token)
/** What to do when the session has ended. */
export const onSessionLost = (what: () => void): void => void (lost = what)

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
    readonly retryAfter = 0,
  ) {
    super(problem.detail || problem.title || `HTTP ${status}`)
  }
  get code(): string {
    return this.problem.code ?? ''
  }
  /** Nobody answered: no network, or neither board nor daemon. Sending the same again is right. */
  get away(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

export type Query = Record<string, string | number | boolean | undefined>

export function address(path: string, query: Query = {}): string {
  const url = new URL(path, ROOT)
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value))
  return url.toString()
}

/** What the page itself has asked for already (preloads, see vite.config.ts): each of these answers is taken once. */
const begun = new Set(
  Array.from(document.querySelectorAll<HTMLLinkElement>('link[rel=preload][as=fetch]'), (l) => l.href),
)
/** They were asked for without a session. */
export const forgetBegun = (): void => begun.clear()

async function ask(
  method: string,
  url: string,
  body?: BodyInit,
  type?: string,
  signal?: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (type) headers['Content-Type'] = type
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers,
      body,
      signal,
      credentials: 'same-origin',
      cache: method !== 'GET' ? 'no-store' : begun.delete(url) ? 'default' : 'no-cache',
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Refused(0, { code: 'NO_NETWORK' })
  }
  if (response.ok) return response
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>
  if (response.status === 401 && problem.code === 'NO_SESSION') lost()
  throw new Refused(response.status, problem, Number(response.headers.get('Retry-After')) || 0)
}

/** An answer, and the entry of the journal up to which it knows everything; -1: the board does not say. */
export interface AsOf<T> {
  answer: T
  lsn: number
}

export async function getAsOf<T>(path: string, query: Query = {}): Promise<AsOf<T>> {
  const response = await ask('GET', address(path, query))
  const lsn = response.headers.get('Journal-Lsn')
  return { answer: (await response.json()) as T, lsn: lsn === null ? -1 : Number(lsn) }
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return (await ask('GET', address(path, query), undefined, undefined, signal)).json() as Promise<T>
}

export async function post<T = Reply>(path: string, body: unknown): Promise<T> {
  const response = await ask('POST', address(path), JSON.stringify(body), 'application/json')
  return (response.status === 204 ? undefined : await response.json()) as T
}

export async function send<T>(path: string, body: Blob): Promise<T> {
  return (await ask('POST', address(path), body, body.type)).json() as Promise<T>
}

/** Every page of a list, one after the other; `each` gets them as they come. */
export async function pages<T extends { cut: boolean; next?: string }>(
  path: string,
  query: Query,
  each: (page: T) => void,
  signal?: AbortSignal,
): Promise<void> {
  let cursor: string | undefined
  do {
    const page: T = await get<T>(path, { ...query, cursor }, signal)
    each(page)
    cursor = page.cut ? page.next : undefined
  } while (cursor)
}

/** An id for a command: the same one again when it is sent again. Also where randomUUID is kept from plain HTTP. */
export function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join(
    '',
  )
}
