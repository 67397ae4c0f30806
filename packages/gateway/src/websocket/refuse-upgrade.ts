import type { Duplex } from 'node:stream'
import type { GatewayError } from '../errors.ts'
import type { Replies } from '../respond/reply.ts'

/** Answers an upgrade with an error as any other request, and closes the connection. */
export function refuseUpgrade(
  socket: Duplex,
  error: GatewayError,
  { replies, requestId }: { readonly replies: Replies; readonly requestId: string },
): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const shape = { paths: undefined, isBatch: false, form: 'json', requestId } as const
  const { headers, body } = replies.failure(error, shape)
  const lines = [`HTTP/1.1 ${error.kind.status} ${error.kind.trpc}`]
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  lines.push(
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  )
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
