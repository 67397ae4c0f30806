import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Random } from '../random.ts'

/** What happens to each published message on its way to a subscriber; shares of 1. */
interface HintFaults {
  readonly lose: number
  readonly duplicate: number
  /** Handed on after the message behind it. */
  readonly reorder: number
  /** Longest time by which one is late, in milliseconds. */
  readonly delayMs: number
}

/** Leads to one server, and treats what is published to subscribers as badly as it is told; all else passes. */
export interface HintProxy extends AsyncDisposable {
  readonly url: string
  /** From now on. */
  treat(faults: HintFaults, random: Random): void
  heal(): void
  readonly counts: { lost: number; duplicated: number; reordered: number }
}

const HEAD = Buffer.from('*3\r\n$7\r\nmessage\r\n')

export async function startHintProxy(target: string): Promise<HintProxy> {
  const { hostname: host, port } = new URL(target)
  const sockets = new Set<Socket>()
  const counts = { lost: 0, duplicated: 0, reordered: 0 }
  let current: { readonly faults: HintFaults; readonly random: Random } | undefined

  const server = createServer((client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true })
    client.setNoDelay(true)
    join(client, upstream)
    join(upstream, client)
    client.on('data', (bytes) => upstream.write(bytes))
    const hand = createHandler(client)
    const split = createSplitter()
    upstream.on('data', (bytes) => {
      for (const { frame, isMessage } of split(bytes)) hand(frame, isMessage)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  function join(from: Socket, to: Socket) {
    sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }

  function createHandler(client: Socket) {
    let held: Buffer | undefined
    const write = (frame: Buffer) => {
      if (!client.destroyed) client.write(frame)
    }
    const deliver = (frame: Buffer) => {
      const lateMs = current ? current.random() * current.faults.delayMs : 0
      if (lateMs < 1) write(frame)
      else setTimeout(write, lateMs, frame)
    }
    return (frame: Buffer, isMessage: boolean) => {
      if (!isMessage || !current) return write(frame)
      const { faults, random } = current
      if (random() < faults.lose) return void counts.lost++
      if (!held && random() < faults.reorder) {
        counts.reordered++
        held = frame
        return
      }
      deliver(frame)
      if (random() < faults.duplicate) {
        counts.duplicated++
        deliver(frame)
      }
      if (held) deliver(held)
      held = undefined
    }
  }

  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    treat(faults, random) {
      current = { faults, random }
    },
    heal() {
      current = undefined
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Piece {
  readonly frame: Buffer
  readonly isMessage: boolean
}

/** Cuts a stream of replies into messages (`*3 message channel text`) and what lies between them. */
function createSplitter(): (bytes: Buffer) => Piece[] {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    const pieces: Piece[] = []
    rest = Buffer.concat([rest, bytes])
    while (rest.length > 0) {
      const isMessage = rest.subarray(0, HEAD.length).equals(HEAD)
      const length = isMessage ? messageLength(rest) : lengthUntilMessage(rest)
      if (length === undefined) break
      pieces.push({ frame: rest.subarray(0, length), isMessage })
      rest = rest.subarray(length)
    }
    return pieces
  }
}

function lengthUntilMessage(bytes: Buffer): number {
  const next = bytes.indexOf(HEAD)
  return next === -1 ? bytes.length : next
}

/** Undefined while the message is not here in full. */
function messageLength(bytes: Buffer): number | undefined {
  let at: number | undefined = HEAD.length
  for (let part = 0; part < 2; part += 1) at = at === undefined ? undefined : endOfBulk(bytes, at)
  return at
}

function endOfBulk(bytes: Buffer, at: number): number | undefined {
  const lineEnd = bytes.indexOf('\r\n', at)
  if (lineEnd === -1) return undefined
  const end = lineEnd + 2 + Number(bytes.toString('latin1', at + 1, lineEnd)) + 2
  return end <= bytes.length ? end : undefined
}
