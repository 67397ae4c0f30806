import { connect } from 'node:net'
import { type TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { expect } from 'vitest'

/** How a refusal looks on the wire: HTTP status and `data.portcullis.code`, where there is one. */
export interface Refused {
  readonly status: number
  readonly code?: string | undefined
}

/** Sends these bytes on a connection of their own; resolves with all that came until the other side closed it. */
export function exchange(url: string, bytes: string | Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { hostname, port } = new URL(url)
  let received = ''
  const socket = connect(Number(port), hostname, () => socket.write(bytes))
  socket.setTimeout(15_000, () => socket.destroy(new Error(`no end came after: ${received}`)))
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // It closed while we were still sending. What it had answered before that counts.
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(received)
    else reject(error)
  })
  socket.on('close', () => resolve(received))
  return promise
}

export const statusOf = (received: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1])

/** A request line with headers and a body; bytes above 127 are sent as they are. */
export function request(line: string, headers: readonly string[] = [], body = ''): Buffer {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`]
  const all = [`${line} HTTP/1.1`, 'Host: here', ...headers, ...length, 'Connection: close']
  return Buffer.from(`${all.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

/** Asserts that the answer is an error as tRPC writes it, for every call alike. */
export async function refusalOf(url: string, bytes: Buffer): Promise<Refused> {
  const received = await exchange(url, bytes)
  const status = statusOf(received)
  const parsed: unknown = JSON.parse(bodyOf(received))
  const answers = (Array.isArray(parsed) ? parsed : [parsed]) as TrpcAnswer[]
  for (const { error } of answers) {
    expect(error).toMatchObject({ message: expect.any(String), data: { httpStatus: status } })
    expect(error.code).toBe(TRPC_ERROR_CODES_BY_KEY[error.data.code])
    expect(error.data).not.toHaveProperty('stack')
  }
  return { status, code: answers[0]?.error.data.portcullis?.code }
}

interface TrpcAnswer {
  error: { code: number; data: { code: TRPC_ERROR_CODE_KEY; portcullis?: { code: string } } }
}

function bodyOf(received: string): string {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  return /transfer-encoding: chunked/i.test(head) ? unchunk(body) : body
}

function unchunk(body: string): string {
  const [size = '0'] = body.split('\r\n', 1)
  const length = Number.parseInt(size, 16)
  const start = size.length + 2
  return length > 0
    ? body.slice(start, start + length) + unchunk(body.slice(start + length + 2))
    : ''
}
