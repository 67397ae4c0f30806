import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One address that leads to whichever server is the primary, like the endpoint of a managed Redis. */
export interface PrimaryFront extends AsyncDisposable {
  readonly port: number
  readonly target: number
  /** New connections lead there. Those that are open are reset, or kept: they stick to the former server. */
  moveTo(port: number, options: { readonly keepConnections: boolean }): void
}

export async function startPrimaryFront(firstTarget: number): Promise<PrimaryFront> {
  const sockets = new Set<Socket>()
  let target = firstTarget
  const server = createServer((client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    join(client, upstream)
    join(upstream, client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  function join(from: Socket, to: Socket): void {
    sockets.add(from)
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  const resetAll = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  return {
    port,
    get target() {
      return target
    },
    moveTo(next, { keepConnections }) {
      target = next
      if (!keepConnections) resetAll()
    },
    async [Symbol.asyncDispose]() {
      resetAll()
      server.close()
      await once(server, 'close')
    },
  }
}
