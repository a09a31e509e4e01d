import { describe, expect, it } from 'vitest'
import { Away, flush, item, verdict, type Answer, type Keeper, type Wire } from './flush'
import type { Kept } from './store'

const T = Date.parse('2026-10-12T19:04:10+08:00')
const act = (id: string, more: Partial<Kept> = {}): Kept => ({
  id,
  case: 'CL-17',
  case_number: 17,
  act: 'ARRIVED',
  at: T,
  ...more,
})

function phone(acts: Kept[], answers: (Answer | undefined)[] = []) {
  const store = new Map(acts.map((a) => [a.id, a]))
  const sent: { sent_at: string; items: object[] }[] = []
  const photos: string[] = []
  let network = true
  const keeper: Keeper = {
    all: async () => [...store.values()],
    put: async (a) => store.set(a.id, a),
    drop: async (id) => store.delete(id),
  }
  const wire: Wire = {
    photo: async (number, blob) => {
      if (!network) throw new Away()
      photos.push(`${number}/${blob.size}`)
      return `photo:${photos.length}`
    },
    offline: async (body) => {
      if (!network) throw new Away()
      sent.push(body)
      return { replies: answers as Answer[] }
    },
  }
  return {
    store,
    sent,
    photos,
    keeper,
    wire,
    go: () => flush(keeper, wire, () => T + 480_000),
    off: () => (network = false),
    on: () => (network = true),
  }
}

describe('what a phone has kept', () => {
  it('is sent with its own times and the phone clock of the sending', async () => {
    const p = phone([act('a', { onsite_code: '7QK2-M9XD' })], [{ status: 200 }])
    expect(await p.go()).toBe(1)
    expect(p.sent[0]).toEqual({
      sent_at: new Date(T + 480_000).toISOString(),
      items: [
        { id: 'a', case: 'CL-17', act: 'ARRIVED', at: new Date(T).toISOString(), onsite_code: '7QK2-M9XD' },
      ],
    })
    expect(p.store.size).toBe(0)
  })

  it('stays while nobody answers, and is the same event later', async () => {
    const p = phone([act('a'), act('b')], [{ status: 200 }, { status: 200 }])
    p.off()
    await expect(p.go()).rejects.toBeInstanceOf(Away)
    expect(p.store.size).toBe(2)
    p.on()
    expect(await p.go()).toBe(2)
    expect(p.sent[0]!.items.map((i) => (i as Kept).id)).toEqual(['a', 'b'])
  })

  it('a refused one stays to be read and is not sent again; the others are done', async () => {
    const p = phone([act('a'), act('b')], [{ status: 409, body: { code: 'NOT_NOW' } }, { status: 200 }])
    expect(await p.go()).toBe(2)
    expect([...p.store.values()].map((k) => [k.id, k.refused])).toEqual([['a', 'NOT_NOW']])
    expect(await p.go()).toBe(0)
    expect(p.sent).toHaveLength(1)
  })

  it('one that the board could not judge is sent again', async () => {
    const p = phone([act('a'), act('b')], [{ status: 503 }, undefined])
    expect(await p.go()).toBe(0)
    expect(p.store.size).toBe(2)
  })

  it('uploads each photo once, also when the line breaks between two', async () => {
    const p = phone(
      [act('a', { act: 'DONE', photos: [new Blob(['x']), new Blob(['yy'])] })],
      [{ status: 200 }],
    )
    const upload = p.wire.photo
    let first = true
    p.wire.photo = async (n, b) => {
      if (!first) p.off()
      first = false
      return upload(n, b)
    }
    await expect(p.go()).rejects.toBeInstanceOf(Away)
    p.wire.photo = upload
    p.on()
    await p.go()
    expect(p.photos).toEqual(['CL-17/1', 'CL-17/2'])
    expect(p.sent[0]!.items[0]).toMatchObject({ evidence: ['photo', 'photo:1', 'photo:2'] })
  })

  it('a signed event goes as it was signed', () => {
    expect(item(act('a', { event: 'CgFh', text: 'x' }))).toEqual({ case: 'CL-17', event: 'CgFh' })
  })

  it('a session that has ended loses nothing', () => {
    expect(verdict({ status: 401 })).toBe('later')
    expect(verdict({ status: 422 })).toBe('refused')
  })
})
