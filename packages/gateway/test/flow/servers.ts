import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve, type Upstream } from '../support/upstream.ts'

/** A service that answers every call with its own name. */
export const startNamed = (name: string) =>
  serve(createServer((request, response) => answer(request, response, name)))

const answer = (
  request: Parameters<RequestListener>[0],
  response: Parameters<RequestListener>[1],
  name: string,
) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ result: { data: name } }))
  })
}

export const serveWith = (listener: RequestListener): Promise<Upstream> =>
  serve(createServer(listener))

/** A port on which nobody listens. */
export async function findClosedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface Answer {
  readonly status: number
  readonly data: unknown
  readonly code: string | undefined
  readonly retryAfter: string | null
}

export async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init)
  const body = (await response.json()) as {
    result?: { data?: unknown }
    error?: { data?: { portcullis?: { code?: string } } }
  }
  return {
    status: response.status,
    data: body.result?.data,
    code: body.error?.data?.portcullis?.code,
    retryAfter: response.headers.get('retry-after'),
  }
}

export const POST: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
}
