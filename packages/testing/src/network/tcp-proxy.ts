import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type PumpFaults, pump } from './tcp-pump.ts'

export interface TcpProxy extends AsyncDisposable {
  /** The target's URL with the proxy's host and port. */
  readonly url: string
  readonly port: number
  /** Resets all connections, and every new one until `heal`. */
  cut(): void
  /** Loses what clients send, without closing anything: the silence of a dead route. */
  dropUp(): void
  /** Loses what the target sends, without closing anything. */
  dropDown(): void
  /** Hands everything on `ms` milliseconds late, in order, in both directions or only what the target sends. */
  delay(ms: number, direction?: 'both' | 'down'): void
  /** Ends all faults. Connections that have lost bytes are reset: no stream could go on after a gap. */
  heal(): void
  /** New connections lead to this target; those that are open stay where they are. */
  moveTo(target: string): void
  /** Connections that are open now. */
  readonly connections: number
}

interface Pair {
  readonly client: Socket
  readonly target: Socket
  hasLost: boolean
}

/** Listens on a free port of 127.0.0.1 and hands every connection on to `target`, a URL with host and port. */
export async function startTcpProxy(options: { readonly target: string }): Promise<TcpProxy> {
  let target = new URL(options.target)
  const faults = { isCut: false, drops: { up: false, down: false }, delaysMs: { up: 0, down: 0 } }
  const pairs = new Set<Pair>()

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (faults.isCut) return void client.resetAndDestroy()
    const pair = openPair(client, target)
    pairs.add(pair)
    pair.client.on('close', () => pairs.delete(pair))
    const faultsOf = (direction: 'up' | 'down'): PumpFaults => ({
      isDropping: () => faults.drops[direction],
      delayMs: () => faults.delaysMs[direction],
      onLoss: () => {
        pair.hasLost = true
      },
    })
    pump(pair.client, pair.target, faultsOf('up'))
    pump(pair.target, pair.client, faultsOf('down'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  const { port } = server.address() as AddressInfo
  return {
    url: urlThrough(target, port),
    port,
    get connections() {
      return pairs.size
    },
    cut() {
      faults.isCut = true
      for (const pair of pairs) reset(pair)
    },
    dropUp() {
      faults.drops.up = true
    },
    dropDown() {
      faults.drops.down = true
    },
    delay(ms, direction = 'both') {
      faults.delaysMs = { up: direction === 'both' ? ms : 0, down: ms }
    },
    heal() {
      faults.isCut = false
      faults.drops = { up: false, down: false }
      faults.delaysMs = { up: 0, down: 0 }
      for (const pair of pairs) if (pair.hasLost) reset(pair)
    },
    moveTo(next) {
      target = new URL(next)
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) reset(pair)
      server.close()
      await once(server, 'close')
    },
  }
}

function openPair(client: Socket, { hostname, port }: URL): Pair {
  const target = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
  client.setNoDelay(true)
  for (const [socket, other] of [
    [client, target],
    [target, client],
  ] as const) {
    socket.on('error', () => other.resetAndDestroy())
    socket.on('close', () => other.destroy())
  }
  return { client, target, hasLost: false }
}

function reset({ client, target }: Pair): void {
  client.resetAndDestroy()
  target.resetAndDestroy()
}

function urlThrough(target: URL, port: number): string {
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}
