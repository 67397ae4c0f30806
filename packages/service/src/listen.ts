import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ListenOptions {
  /** Default 0, a free one. */
  port?: number
  /** Default `127.0.0.1`. */
  host?: string
}

export interface Listening extends AsyncDisposable {
  readonly url: string
  /** Drains and closes. Callers share one closing. */
  close(): Promise<void>
}

/** @throws when the address is taken. */
export async function listen(
  server: Server,
  { port = 0, host = '127.0.0.1' }: ListenOptions = {},
  close: () => Promise<void>,
): Promise<Listening> {
  server.listen(port, host)
  await once(server, 'listening')
  return { url: urlOf(server), close, [Symbol.asyncDispose]: close }
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
