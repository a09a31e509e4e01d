/**
 * The phone as a registered device: a key that never leaves it, and a count of what it has signed. What it signs counts from the
 * phone's own time (R2), so an arrival in a cellar is on time although it is told later. Until the operator has registered the
 * public key under this device's name, nothing is signed.
 */
import { session } from '../shared/session'
import { base64, sealed, serialize } from './wire'
import { note, noted, type Kept } from './store'

interface Device {
  name: string
  keys: CryptoKeyPair
  /** The operator has registered it. */
  registered: boolean
}

const EVENTS: Record<string, string> = {
  COMING: 'HELD',
  ARRIVED: 'ARRIVED',
  WORKING: 'WORK_STARTED',
  PROGRESS: 'PROGRESS',
  DONE: 'RESOLVED',
}

export async function device(): Promise<Device | undefined> {
  return noted<Device>('device')
}

/** Makes the key when there is none. The line that the operator adds to the list of devices: id,holder,public_key. */
export async function register(): Promise<string> {
  let mine = await device()
  if (!mine) {
    const keys = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
    const name = `phone-${Array.from(crypto.getRandomValues(new Uint8Array(4)), (b) => b.toString(16).padStart(2, '0')).join('')}`
    mine = { name, keys, registered: false }
    await note('device', mine)
  }
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', mine.keys.publicKey))
  return `${mine.name},${session.value?.areas[0] ?? ''},${Array.from(key, (b) => b.toString(16).padStart(2, '0')).join('')}`
}

export async function setRegistered(registered: boolean): Promise<void> {
  const mine = await device()
  if (mine) await note('device', { ...mine, registered })
}

/** Numbers are used once, also when two pages are open: the store counts, in one transaction each. */
async function nextSeq(): Promise<number> {
  return navigator.locks.request('device-seq', async () => {
    const seq = ((await noted<number>('device-seq')) ?? 0) + 1
    await note('device-seq', seq)
    return seq
  })
}

/** The act as a signed event; nothing when this phone signs none, or the act needs photos that are not uploaded yet. */
export async function signed(k: Kept): Promise<string | undefined> {
  const mine = await device().catch(() => undefined)
  const by = session.value?.speaks.find((s) => s.startsWith('holder:'))
  const type = EVENTS[k.act]
  if (!mine?.registered || !by || !type || k.photos?.length) return undefined
  const event = serialize({
    id: k.id,
    source: session.value?.principal || 'board',
    type,
    case_number: k.case_number,
    t_occ: k.at,
    t_src: k.at,
    proof: k.onsite_code ? 5 : 4,
    by,
    device: mine.name,
    device_seq: await nextSeq(),
    data: { text: k.text, onsite_code: k.onsite_code, evidence: k.evidence },
  })
  const signature = await crypto.subtle.sign('Ed25519', mine.keys.privateKey, event as BufferSource)
  return base64(sealed(event, new Uint8Array(signature)))
}
