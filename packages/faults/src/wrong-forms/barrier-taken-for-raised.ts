import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const DOWN = '$4\r\ndown\r\n'
const DONE = '$4\r\ndone\r\n'

/**
 * Leads to a server, and says of its barrier that it is raised when it is down: an instance behind it adopts a new history,
 * and takes a lease under it, before those who know the old one have re-asserted.
 */
export async function startBarrierLiar(target: string): Promise<AsyncDisposable & { url: string }> {
  const { hostname: host, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
    client.pipe(upstream)
    upstream.on('data', (bytes) => {
      client.write(bytes.toString('latin1').replaceAll(DOWN, DONE), 'latin1')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
