/**
 * What a phone keeps for itself: acts that have not been answered yet (离线补报), with their photos, and a few words. In IndexedDB, so
 * that it is there after the browser was ended, and for the service worker too.
 */
import type { Act } from '../shared/api'

export interface Kept {
  /** Of the event: sending it again is harmless. */
  id: string
  case: string
  case_number: number
  act: Act['act']
  /** By the phone's clock. */
  at: number
  onsite_code?: string
  text?: string
  reason?: string
  evidence?: string[]
  /** Still to be uploaded. */
  photos?: Blob[]
  /** The serialized event that this device has signed, base64. */
  event?: string
  /** Why it was refused; it stays until somebody has read it. */
  refused?: string
}

const NAME = 'hongxin-inbox'
let opened: Promise<IDBDatabase> | undefined

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('acts', { keyPath: 'id' })
      request.result.createObjectStore('words')
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })
  return opened
}

async function run<T>(
  store: 'acts' | 'words',
  mode: IDBTransactionMode,
  what: (s: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const db = await open()
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode)
    const request = what(transaction.objectStore(store))
    transaction.oncomplete = () => resolve(request.result)
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('IndexedDB'))
  })
}

export const keep = (act: Kept): Promise<unknown> => run('acts', 'readwrite', (s) => s.put(act))
export const forget = (id: string): Promise<unknown> => run('acts', 'readwrite', (s) => s.delete(id))
/** In the order in which they happened. */
export const kept = async (): Promise<Kept[]> =>
  (await run<Kept[]>('acts', 'readonly', (s) => s.getAll())).sort(
    (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1),
  )

export const note = (name: string, value: unknown): Promise<unknown> =>
  run('words', 'readwrite', (s) => s.put(value, name))
export const noted = <T>(name: string): Promise<T | undefined> =>
  run<T | undefined>('words', 'readonly', (s) => s.get(name) as IDBRequest<T | undefined>)
