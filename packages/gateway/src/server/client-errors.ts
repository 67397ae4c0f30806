import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IdleSockets } from '@portcullis/runtime'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'
import type { Replies } from '../respond/reply.ts'

const CODES: Readonly<Record<string, GatewayErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'ERR_HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'ERR_BODY_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'ERR_REQUEST_TIMEOUT',
}

/**
 * Answers what could not be read as an HTTP request in the same form as any other error, then closes the connection,
 * because nobody can say where the next request would begin.
 */
export function answerClientErrors(
  server: Server,
  sockets: Pick<IdleSockets, 'latestResponse'>,
  replies: Replies,
  headers: readonly string[],
): void {
  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    const response = sockets.latestResponse(socket)
    const isAnswering = response?.headersSent === true && !response.writableFinished
    if (!socket.writable || isAnswering) socket.destroy()
    else socket.end(rawAnswer(CODES[error.code ?? ''] ?? 'ERR_HEADERS_INVALID', replies, headers))
  })
}

function rawAnswer(code: GatewayErrorCode, replies: Replies, headers: readonly string[]): string {
  const error = new GatewayError(code)
  const { body } = replies.failure(error, { paths: undefined, isBatch: false, form: 'json' })
  const head = [
    `HTTP/1.1 ${error.kind.status} ${error.kind.trpc}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : [])),
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
