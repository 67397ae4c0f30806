import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'

const settingsSchema = z.object({ target: z.url() })
const { target } = settingsSchema.parse(JSON.parse(process.argv[2] ?? ''))
const pool = new Pool(target, { connections: 256, bodyTimeout: 0 })

/** Hop by hop, RFC 9110 section 7.6.1, and what belongs to the connection to the client. */
const DROPPED = new Set(['connection', 'host', 'keep-alive', 'te', 'transfer-encoding', 'upgrade'])

/** The least that a proxy does: it passes bytes on, drops what is hop by hop, waits for slow readers, ends with its client. */
class Passing implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  #controller: Dispatcher.DispatchController | undefined

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('close', () => {
      if (!response.writableFinished) this.#controller?.abort(new Error('the client has left'))
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    const passed: string[] = []
    for (const name in headers) {
      const value = headers[name]
      if (value === undefined || DROPPED.has(name)) continue
      for (const each of typeof value === 'string' ? [value] : value) passed.push(name, each)
    }
    this.#response.writeHead(status, passed)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.#response.end()
  }

  onResponseError(): void {
    if (this.#response.headersSent) this.#response.destroy()
    else this.#response.writeHead(502).end()
  }
}

function passedHeaders({ rawHeaders }: IncomingMessage): string[] {
  const passed: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!DROPPED.has(name.toLowerCase())) passed.push(name, rawHeaders[i + 1] as string)
  }
  return passed
}

const server = createServer((request, response) => {
  pool.dispatch(
    {
      method: request.method === 'POST' ? 'POST' : 'GET',
      path: request.url ?? '/',
      headers: passedHeaders(request),
      body: request.method === 'POST' ? request : null,
    },
    new Passing(response),
  )
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
