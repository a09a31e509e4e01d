import { describe, expect, it } from 'vitest'
import proto from '../../../../../proto/hongxin/v1/event.proto?raw'
import { base64, sealed, serialize, type WireEvent } from './wire'

/** Field numbers by name, of a message of the schema. */
function fields(message: string): Map<string, number> {
  const body = new RegExp(`message ${message} \\{([\\s\\S]*?)\\n\\}`).exec(proto)![1]!
  return new Map(
    Array.from(body.matchAll(/^\s*(?:repeated )?[\w.]+ (\w+) = (\d+);/gm), (m) => [m[1]!, Number(m[2])]),
  )
}

/** A reader of its own: field → values. */
function read(bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const out = new Map<number, (bigint | Uint8Array)[]>()
  let at = 0
  const varint = () => {
    let n = 0n
    for (let shift = 0n; ; shift += 7n) {
      const b = BigInt(bytes[at++]!)
      n |= (b & 0x7fn) << shift
      if (b < 0x80n) return n
    }
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const kind = key & 7
    let value: bigint | Uint8Array
    if (kind === 0) value = varint()
    else if (kind === 1) {
      value = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigInt64(0, true)
      at += 8
    } else {
      const n = Number(varint())
      value = bytes.slice(at, at + n)
      at += n
    }
    const list = out.get(key >> 3) ?? []
    out.set(key >> 3, [...list, value])
  }
  return out
}
const text = (v: bigint | Uint8Array | undefined) => new TextDecoder().decode(v as Uint8Array)

const event: WireEvent = {
  id: 'x1',
  type: 'ARRIVED',
  case_number: 5_000_000_017,
  t_occ: Date.parse('2026-10-12T19:04:10+08:00'),
  t_src: Date.parse('2026-10-12T19:12:30+08:00'),
  proof: 4,
  by: 'holder:P-07/李',
  device: 'D-1',
  device_seq: 300,
  data: { text: '到了', onsite_code: '7QK2-M9XD', evidence: ['photo', ''] },
}

describe('an event that a phone signs', () => {
  it('is what the schema says', () => {
    const of = fields('Event')
    const got = read(serialize(event))
    const at = (name: string) => got.get(of.get(name)!)?.[0]
    expect(text(at('id'))).toBe('x1')
    expect(text(at('type'))).toBe('ARRIVED')
    expect(at('case_number')).toBe(5_000_000_017n)
    expect(at('t_occ')).toBe(BigInt(event.t_occ))
    expect(at('t_src')).toBe(BigInt(event.t_src))
    expect(at('proof')).toBe(4n)
    expect(text(at('by'))).toBe('holder:P-07/李')
    expect(text(at('device'))).toBe('D-1')
    expect(at('device_seq')).toBe(300n)
    const data = read(at('data') as Uint8Array)
    const inner = fields('Data')
    expect(text(data.get(inner.get('text')!)?.[0])).toBe('到了')
    expect(text(data.get(inner.get('onsite_code')!)?.[0])).toBe('7QK2-M9XD')
    expect(data.get(inner.get('evidence')!)?.map(text)).toEqual(['photo', ''])
  })
  it('leaves out what is empty', () => {
    expect(read(serialize({ ...event, source: '' })).has(2)).toBe(false)
  })
  it('has its signature at the end', () => {
    const bytes = sealed(serialize(event), new Uint8Array(64).fill(7))
    const of = fields('Event')
    expect((read(bytes).get(of.get('device_signature')!)![0] as Uint8Array).length).toBe(64)
    expect(base64(Uint8Array.from([1, 2, 3]))).toBe('AQID')
  })
})
