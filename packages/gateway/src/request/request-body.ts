import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { GatewayError } from '../errors.ts'

/** @throws {GatewayError} `ERR_BODY_TOO_LARGE` if the request announces more than `limitBytes`. */
export function assertAnnouncedLength(request: IncomingMessage, limitBytes: number): void {
  if (announcedLength(request) > limitBytes) throw new GatewayError('ERR_BODY_TOO_LARGE')
}

/** Whether the whole body is known to fit into so many bytes. A chunked one is not. */
export function isAtMost(request: IncomingMessage, bytes: number): boolean {
  return announcedLength(request) <= bytes
}

/**
 * The whole body, in memory.
 *
 * @throws {GatewayError} `ERR_BODY_TOO_LARGE`; `ERR_BODY_INVALID` if the client leaves in the middle.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= limitBytes) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      reject(new GatewayError('ERR_BODY_TOO_LARGE'))
    })
    request.on('end', () =>
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
    )
    request.on('error', (cause) => reject(new GatewayError('ERR_BODY_INVALID', { cause })))
  })
}

/**
 * The body as it arrives, with backpressure. Fails with `ERR_BODY_TOO_LARGE` once it exceeds the limit. Destroying it
 * leaves the request's socket open, so that an answer can still be written.
 */
export function streamBody(request: IncomingMessage, limitBytes: number): Readable {
  const body = Readable.from(limitedChunks(request, limitBytes), { objectMode: false })
  // The service may have answered and gone before the client breaks off; that is nobody's error then.
  return body.on('error', () => {})
}

async function* limitedChunks(
  request: IncomingMessage,
  limitBytes: number,
): AsyncGenerator<Buffer> {
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length
    if (length > limitBytes) throw new GatewayError('ERR_BODY_TOO_LARGE')
    yield chunk as Buffer
  }
}

function announcedLength(request: IncomingMessage): number {
  const { headers } = request
  if (headers['transfer-encoding'] !== undefined) return Number.NaN
  return Number(headers['content-length'] ?? 0)
}
