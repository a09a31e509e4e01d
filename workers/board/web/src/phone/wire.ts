/**
 * The few messages of proto/hongxin/v1/event.proto that a phone signs, serialized by hand: an Event with its Data. Fields in the order
 * of their numbers, what is empty left out, as every protobuf library writes them; wire.test.ts holds it against the schema.
 */
export interface WireEvent {
  id: string
  source?: string
  type: string
  case_number: number
  t_occ: number
  t_src: number
  proof: number
  by: string
  device: string
  device_seq: number
  data: { text?: string; reason?: string; onsite_code?: string; evidence?: string[] }
}

class Writer {
  private readonly bytes: number[] = []

  private varint(n: number): void {
    let rest = n
    while (rest >= 0x80) {
      this.bytes.push((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.bytes.push(rest)
  }
  uint(field: number, n: number): this {
    if (n) {
      this.varint(field * 8)
      this.varint(n)
    }
    return this
  }
  fixed(field: number, ms: number): this {
    if (ms) {
      this.varint(field * 8 + 1)
      const view = new DataView(new ArrayBuffer(8))
      view.setBigInt64(0, BigInt(ms), true)
      this.bytes.push(...new Uint8Array(view.buffer))
    }
    return this
  }
  raw(field: number, bytes: Uint8Array, always = false): this {
    if (bytes.length || always) {
      this.varint(field * 8 + 2)
      this.varint(bytes.length)
      for (const b of bytes) this.bytes.push(b)
    }
    return this
  }
  text(field: number, text: string | undefined): this {
    return this.raw(field, new TextEncoder().encode(text ?? ''))
  }
  done(): Uint8Array {
    return Uint8Array.from(this.bytes)
  }
}

/** The bytes that are signed: everything but field 15. */
export function serialize(e: WireEvent): Uint8Array {
  const data = new Writer().text(5, e.data.text).text(17, e.data.reason).text(20, e.data.onsite_code)
  for (const word of e.data.evidence ?? []) data.raw(25, new TextEncoder().encode(word), true)
  return new Writer()
    .text(1, e.id)
    .text(2, e.source)
    .text(4, e.type)
    .uint(5, e.case_number)
    .fixed(7, e.t_occ)
    .fixed(8, e.t_src)
    .uint(9, e.proof)
    .text(10, e.by)
    .text(13, e.device)
    .uint(14, e.device_seq)
    .raw(16, data.done(), true)
    .done()
}

/** With the signature appended as field 15 (PROTOCOL.md, "Signed events"). */
export function sealed(event: Uint8Array, signature: Uint8Array): Uint8Array {
  const out = new Uint8Array(event.length + 2 + 64)
  out.set(event)
  out.set([0x7a, 0x40], event.length)
  out.set(signature, event.length + 2)
  return out
}

export function base64(bytes: Uint8Array): string {
  let text = ''
  for (const b of bytes) text += String.fromCharCode(b)
  return btoa(text)
}
