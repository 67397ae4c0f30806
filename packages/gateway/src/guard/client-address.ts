import type { IncomingMessage } from 'node:http'

/** Network address of whoever opened the connection. No header is believed about it. */
export function clientAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown'
}
