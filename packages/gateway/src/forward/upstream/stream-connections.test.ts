import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { eventually } from '@portcullis/testing'
import type { Dispatcher } from 'undici'
import { describe, expect, test } from 'vitest'
import { StreamConnections } from './stream-connections.ts'

/** What came of one stream. */
class Outcome implements Dispatcher.DispatchHandler {
  status = 0
  hasEnded = false
  error: Error | undefined
  controller: Dispatcher.DispatchController | undefined

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.status = status
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    this.hasEnded = true
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.error = error
  }
}

async function startService() {
  const held: ServerResponse[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((_request, response) => {
    response.flushHeaders()
    held.push(response)
  })
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    held,
    sockets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const GET = { method: 'GET', path: '/' } as const

describe('connections of streams', () => {
  test('are one for each, and used again when it has ended', async () => {
    await using service = await startService()
    const connections = new StreamConnections(service.url, {})
    const open = () => {
      const outcome = new Outcome()
      connections.dispatch(GET, outcome)
      return outcome
    }
    const outcomes = [open(), open(), open()]
    await eventually(() => expect(outcomes.map(({ status }) => status)).toEqual([200, 200, 200]))
    expect(service.sockets.size).toBe(3)
    for (const response of service.held) response.end()
    await eventually(() => expect(outcomes.every(({ hasEnded }) => hasEnded)).toBe(true))
    const again = [open(), open(), open()]
    await eventually(() => expect(again.map(({ status }) => status)).toEqual([200, 200, 200]))
    expect(service.sockets.size).toBe(3)
    await connections.destroy()
  })

  test('outlive a stream that was broken off', async () => {
    await using service = await startService()
    const connections = new StreamConnections(service.url, {})
    const first = new Outcome()
    connections.dispatch(GET, first)
    await eventually(() => expect(first.status).toBe(200))
    first.controller?.abort(new Error('left'))
    await eventually(() => expect(first.error).toBeDefined())
    const second = new Outcome()
    connections.dispatch(GET, second)
    await eventually(() => expect(second.status).toBe(200))
    await connections.destroy()
  })

  test('that cannot be made fail their stream, and a closed set fails any', async () => {
    const connections = new StreamConnections('http://127.0.0.1:1', {})
    const refused = new Outcome()
    connections.dispatch(GET, refused)
    await eventually(() => expect(refused.error).toMatchObject({ code: 'ECONNREFUSED' }))
    await connections.close()
    const late = new Outcome()
    connections.dispatch(GET, late)
    await eventually(() => expect(late.error).toBeDefined())
  })
})
