import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  request as send,
} from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpRelay extends AsyncDisposable {
  readonly url: string
}

export interface RelayHooks {
  /** Sees every request before it is sent on. */
  readonly onRequest?: (request: IncomingMessage) => void
  /** Sees every answer whose end does not have to be waited for; what it returns is sent in its place. */
  readonly onAnswer?: (request: IncomingMessage, answer: Answer) => Answer
}

export interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

/** Stands before a server on a free port and sends everything on as it is, but for what the hooks do. */
export async function startHttpRelay(target: string, hooks: RelayHooks = {}): Promise<HttpRelay> {
  const server = createServer((request, response) => {
    hooks.onRequest?.(request)
    const { method, headers, url = '/' } = request
    const upstream = send(new URL(url, target), { method, headers })
    upstream.on('response', (incoming) => void passOn(request, incoming, response, hooks))
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function passOn(
  request: IncomingMessage,
  incoming: IncomingMessage,
  response: ServerResponse,
  { onAnswer }: RelayHooks,
): Promise<void> {
  incoming.on('error', () => response.destroy())
  const status = incoming.statusCode ?? 502
  if (onAnswer === undefined || isStream(incoming)) {
    response.writeHead(status, incoming.headers)
    incoming.pipe(response)
    return
  }
  const body = Buffer.concat(await incoming.toArray())
  const answer = onAnswer(request, { status, headers: incoming.headers, body })
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

const isStream = ({ headers }: IncomingMessage) =>
  headers['content-type']?.startsWith('text/event-stream') === true
