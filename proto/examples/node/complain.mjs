// Publishes one complaint and follows it until it is closed: the protocol of hongxin in one page.
//
//   node complain.mjs INTAKE FEED PLACE     e.g. node complain.mjs tcp://127.0.0.1:54321 tcp://127.0.0.1:54322 B-0417
//
// No library of hongxin is used, only zeromq and protobufjs, which reads the schema when the program starts.
// 64-bit numbers are Long objects: a case number does not fit into a JavaScript number.
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import process from 'node:process'
import protobuf from 'protobufjs'
import { Dealer } from 'zeromq'

const PROTOCOL = 'hongxin/1'
const RESEND_MS = 5000 // an unanswered message is sent again: harmless, the daemon knows the event by its id
const ALIVE_MS = 5000 // a subscriber says something at least so often
const CREDIT = 64

const schema = new protobuf.Root()
const schemaRoot = fileURLToPath(new URL('../../', import.meta.url))
schema.resolvePath = (_origin, target) => path.join(schemaRoot, target)
schema.loadSync('hongxin/v1/wire.proto', { keepCase: true })
const [Event, Entry, Request, Response] = ['Event', 'Entry', 'Request', 'Response'].map((name) =>
  schema.lookupType(`hongxin.v1.${name}`),
)
const Result = schema.lookupEnum('hongxin.v1.Result').values
const { LSN } = schema.lookupEnum('hongxin.v1.Hello.From').values

class Failure extends Error {}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// One DEALER connection. A message is two frames: the protocol's name and a Request or Response.
class Door {
  #socket
  #number = 0

  constructor(endpoint) {
    this.#socket = new Dealer({
      linger: 1000,
      immediate: true,
      maxMessageSize: 8 * 1024 * 1024,
      heartbeatInterval: 5000,
      heartbeatTimeout: 15000,
      sendTimeout: RESEND_MS,
    })
    this.#socket.connect(endpoint)
  }

  newNumber() {
    return ++this.#number
  }

  // False when there is no connection.
  async send(request) {
    try {
      await this.#socket.send([PROTOCOL, Request.encode(Request.fromObject(request)).finish()])
      return true
    } catch (error) {
      if (error.code === 'EAGAIN') return false
      throw error
    }
  }

  // The next Response, null when none came in time. What is not of this protocol is passed over.
  async receive(timeout) {
    this.#socket.receiveTimeout = timeout
    try {
      for (;;) {
        const frames = await this.#socket.receive()
        if (frames.length === 2 && frames[0].toString() === PROTOCOL) return Response.decode(frames[1])
      }
    } catch (error) {
      if (error.code === 'EAGAIN') return null
      throw error
    }
  }

  close() {
    this.#socket.close()
  }
}

const fail = ({ code, message }) => {
  throw new Failure(`${code}: ${message}`)
}

// Sends the event until it is answered, and returns the Reply.
async function publish(door, event) {
  const request = door.newNumber()
  const items = [{ event: Event.encode(Event.fromObject(event)).finish() }]
  for (;;) {
    const response = (await door.send({ request, publish: { request, items } })) ? await door.receive(RESEND_MS) : null
    if (!response || Number(response.request) !== request) continue
    if (response.answer === 'problem' && !Number(response.problem.retry_after_ms)) fail(response.problem)
    const answer = response.problem ?? response.replies.replies[0]
    if (response.answer === 'replies' && answer.result !== Result.RETRY_AFTER) return answer
    await sleep(Number(answer.retry_after_ms))
  }
}

// Yields every entry about the place from this one on. A new Hello goes on behind the last one seen: after a
// broken connection the daemon answers the next Credit with NO_FEED.
async function* follow(door, place, firstLsn) {
  let next = firstLsn
  let greeted = false
  let used = 0
  let saidAt = 0
  for (;;) {
    if (!greeted) {
      const hello = { filter: { places: [place] }, from: LSN, from_lsn: next, credit: CREDIT }
      greeted = await door.send({ request: door.newNumber(), hello })
      used = 0
      saidAt = Date.now()
      continue
    }
    const response = await door.receive(Math.max(0, saidAt + ALIVE_MS - Date.now()))
    if (response?.answer === 'entries') {
      used++
      for (const entry of response.entries.entries.map((bytes) => Entry.decode(bytes))) {
        if (entry.lsn.gte(next)) yield entry
      }
      if (response.entries.upto_lsn.gte(next)) next = response.entries.upto_lsn.add(1)
    } else if (response?.answer === 'reset') {
      console.log(`entries before ${response.reset.oldest_lsn} are gone`)
      next = response.reset.oldest_lsn
      greeted = false
    } else if (response?.answer === 'problem') {
      if (!['NO_FEED', 'FEED_SILENT'].includes(response.problem.code)) fail(response.problem)
      greeted = false
    }
    if (greeted && (Date.now() >= saidAt + ALIVE_MS || used > CREDIT / 2)) {
      if (await door.send({ request: door.newNumber(), credit: { add: used } })) used = 0
      saidAt = Date.now()
    }
  }
}

// RFC 3339 in Beijing's time.
const when = (ms) => (Number(ms) ? new Date(Number(ms) + 8 * 3600_000).toISOString().replace('Z', '+08:00') : '-')

const tellers = {
  state: (f) => `state     ${f.from} -> ${f.to} (${f.cause})`,
  clock: (f) => `clock     ${f.clock} ${f.change}, due ${when(f.deadline)}`,
  breach: (f) => `BREACH    ${f.clock} of ${f.holder}, was due ${when(f.deadline)}`,
  notice: (f) => `notice    ${f.kind} ${f.clock} ${f.level} to ${f.to}`,
}

async function main(intakeEndpoint, feedEndpoint, place) {
  const intake = new Door(intakeEndpoint)
  const feed = new Door(feedEndpoint)
  const name = `example-${Date.now()}-${process.pid}`
  const reply = await publish(intake, {
    id: name,
    source: 'example-node',
    type: 'REPORTED',
    case_ref: name,
    t_occ: Date.now(),
    by: 'reporter',
    data: { class: 'SMALL', place, text: 'the lamp at the entrance is broken' },
  })
  if (reply.result !== Result.ACCEPTED) fail(reply)
  console.log(`accepted as ${reply.number}`)
  for await (const entry of follow(feed, place, reply.lsn)) {
    if (!entry.case_number.eq(reply.case_number)) continue
    console.log(when(entry.t_rec), entry.cause)
    for (const fact of entry.facts) console.log(`  ${tellers[fact.fact]?.(fact[fact.fact]) ?? fact.fact.toUpperCase()}`)
    if (entry.state === 'CLOSED') break
  }
  intake.close()
  feed.close()
}

if (process.argv.length !== 5) {
  console.error('usage: node complain.mjs INTAKE FEED PLACE')
  process.exitCode = 2
} else {
  await main(...process.argv.slice(2)).catch((error) => {
    console.error(`complain: ${error instanceof Failure ? error.message : error.stack}`)
    process.exit(1)
  })
}
