import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { paced } from './paced.ts'

test('a client that does not read stops the source, and gets the rest when it reads again', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  const { port } = (await once(server, 'listening').then(() => server.address())) as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const [socket] = (await once(server, 'connection')) as [WebSocket]
  let received = 0
  client.on('message', () => {
    received += 1
  })
  await once(client, 'open')
  client.pause()

  let most = 0
  async function* flood() {
    for (let i = 0; i < 500; i++) {
      most = Math.max(most, socket.bufferedAmount)
      yield 'x'.repeat(100_000)
    }
  }
  const sending = (async () => {
    for await (const text of paced(flood(), { socket, mostBytes: 1_000_000 })) {
      socket.send(String(text))
    }
  })()
  await eventually(() => expect(socket.bufferedAmount).toBeGreaterThan(1_000_000))
  client.resume()
  await sending
  expect(most).toBeLessThanOrEqual(1_000_000)
  await eventually(() => expect(received).toBe(500))
  client.terminate()
  await new Promise((resolve) => server.close(resolve))
})
