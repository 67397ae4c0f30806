import type { Duplex } from 'node:stream'
import { getTRPCErrorFromUnknown } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { Refusal } from '../refusal.ts'

/** Answers a request for a socket with an error, and closes the connection. */
export function refuseUpgrade(socket: Duplex, cause: unknown, headers: Headers): void {
  const status = getHTTPStatusCodeFromError(getTRPCErrorFromUnknown(cause))
  const reason = cause instanceof Refusal ? cause.reason : 'ERR_INTERNAL'
  const body = JSON.stringify({ code: reason })
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
  ]
  lines.push(
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  )
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
