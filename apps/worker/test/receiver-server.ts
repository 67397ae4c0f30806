import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Request {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface ReceiverServer extends AsyncDisposable {
  readonly url: string
  /** Requests so far, also those that were not answered well. */
  readonly requests: number
  /** As if nobody listened, until it is opened. */
  close(): Promise<void>
  open(): Promise<void>
}

/** Somebody who is told of events, at an address that stays. @param answer Null: no answer at all. */
export async function startReceiver(
  answer: (request: Request) => Promise<Answer | null>,
): Promise<ReceiverServer> {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    void handle(request, response, answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  async function close() {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://127.0.0.1:${port}/events`,
    get requests() {
      return requests
    },
    close,
    async open() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await close()
    },
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Promise<Answer | null>,
) {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  const answered = await answer({ headers: request.headers, body })
  if (answered) response.writeHead(answered.status, answered.headers).end(answered.body)
}
