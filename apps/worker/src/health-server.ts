import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HealthServer extends AsyncDisposable {
  readonly url: string
}

/** `/healthz` answers 200 while the process does, `/readyz` 503 while work cannot be done. */
export async function startHealthServer(options: {
  host: string
  port: number
  isReady: () => boolean
}): Promise<HealthServer> {
  const server = createServer(({ url }, response) => {
    const status = statusOf(url, options.isReady)
    response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
    response.end(`${status === 200 ? 'ok' : 'no'}\n`)
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://${options.host}:${port}`, [Symbol.asyncDispose]: () => close(server) }
}

function statusOf(url: string | undefined, isReady: () => boolean): number {
  if (url === '/healthz') return 200
  if (url === '/readyz') return isReady() ? 200 : 503
  return 404
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
