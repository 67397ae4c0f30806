import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { exchangeRaw } from '../support/raw-request.ts'
import { startDataPath } from '../support/start-data-path.ts'
import { serveWith } from './servers.ts'

const EVENTS = 'GET /orders.x HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n'
const CHUNK = Buffer.from(`data: ${'x'.repeat(32_768)}\n\n`)

/** A service that writes as much as it is let, and how much that was. */
async function startFlooding() {
  const flood = { written: 0, isPaused: false, hasLeft: false }
  const upstream = await serveWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = () => {
      while (!flood.hasLeft && response.write(CHUNK)) flood.written += CHUNK.length
      flood.isPaused = !flood.hasLeft
    }
    response.on('drain', write)
    response.on('close', () => (flood.hasLeft = true))
    write()
  })
  return Object.assign(upstream, { flood })
}

/** Resolves when it has not changed for a while. */
async function settled(read: () => number): Promise<number> {
  let last = Number.NaN
  await eventually(
    () => {
      const before = last
      last = read()
      expect(last).toBe(before)
    },
    { intervalMs: 300 },
  )
  return last
}

describe('a stream', () => {
  test('goes as fast as its reader, and holds a bounded part of it', async () => {
    await using orders = await startFlooding()
    await using gateway = await startDataPath({ services: { orders: orders.url } })
    let read = 0
    const socket: Socket = connect(gateway.port, '127.0.0.1', () => socket.write(EVENTS))
    socket.on('data', ({ length }) => (read += length))
    await eventually(() => expect(read).toBeGreaterThan(1_000_000))
    socket.pause()
    const held = (await settled(() => orders.flood.written)) - read
    // The buffers of four sockets, of the kernel and of Node.
    expect(held).toBeLessThan(24_000_000)
    expect(orders.flood.isPaused).toBe(true)
    const before = orders.flood.written
    socket.resume()
    await eventually(() => expect(orders.flood.written).toBeGreaterThan(before + 1_000_000))
    socket.destroy()
  })

  test('ends at the service when its reader leaves, also one that had stopped reading', async () => {
    await using orders = await startFlooding()
    await using gateway = await startDataPath({ services: { orders: orders.url } })
    const socket: Socket = connect(gateway.port, '127.0.0.1', () => socket.write(EVENTS))
    await eventually(() => expect(orders.seen).toHaveLength(1))
    socket.pause()
    await settled(() => orders.flood.written)
    expect(orders.flood.hasLeft).toBe(false)
    socket.destroy()
    await eventually(() => expect(orders.flood.hasLeft).toBe(true))
  })

  test('whose service dies in the middle ends so that its reader comes back, and no event is cut', async () => {
    await using orders = await serveWith((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: whole\n\ndata: ha', () => request.socket.resetAndDestroy())
    })
    await using gateway = await startDataPath({ services: { orders: orders.url } })
    const received = await exchangeRaw(gateway.port, EVENTS, (text) => text.endsWith('0\r\n\r\n'))
    expect(received).toContain('data: whole\n\n')
    expect(received).not.toContain('data: ha')
    expect(received).toMatch(/\r\n0\r\n\r\n$/)
  })
})

describe('an upload', () => {
  const head = 'POST /orders.x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n'
  const type = 'Content-Type: application/octet-stream\r\nOrigin: https://app.example.com\r\n\r\n'
  const piece = Buffer.alloc(65_536, 'x')
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')])

  test('goes as fast as the service reads', async () => {
    let resume = () => {}
    let read = 0
    await using orders = await serveWith((request, response) => {
      resume = () => {
        request.on('data', ({ length }: Buffer) => (read += length))
        request.on('end', () => response.end('{}'))
      }
    })
    await using gateway = await startDataPath({
      services: { orders: { url: orders.url, limits: { bodyBytes: 1_000_000_000 } } },
    })
    const socket = connect(gateway.port, '127.0.0.1')
    let sent = 0
    const send = () => {
      while (sent < 64_000_000 && socket.write(chunk)) sent += piece.length
    }
    socket.on('drain', send)
    socket.write(head + type)
    send()
    const held = await settled(() => sent)
    expect(held).toBeLessThan(24_000_000)
    resume()
    await eventually(() => expect(read).toBeGreaterThan(held))
    socket.destroy()
  })

  test('is broken off at the service when its client leaves', async () => {
    let hasLeft = false
    await using orders = await serveWith((request) => {
      request.resume().on('close', () => (hasLeft = !request.complete))
    })
    await using gateway = await startDataPath({ services: { orders: orders.url } })
    const socket: Socket = connect(gateway.port, '127.0.0.1', () => {
      socket.write(head + type)
      socket.write(chunk)
    })
    await eventually(() => expect(orders.seen).toHaveLength(1))
    socket.destroy()
    await eventually(() => expect(hasLeft).toBe(true))
  })
})

describe('timeouts', () => {
  test('a connection that is not made, and a stream that says nothing, are given up', async () => {
    // Takes connections and says nothing: TLS never gets under way.
    const mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    await using orders = await serveWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    })
    await using gateway = await startDataPath({
      services: {
        mute: { url: `https://127.0.0.1:${port}`, limits: { connectTimeoutMs: 200 } },
        orders: { url: orders.url, limits: { streamIdleTimeoutMs: 300 } },
      },
    })
    expect((await fetch(`${gateway.url}/mute.x`)).status).toBe(502)
    mute.close()
    const events = { headers: { accept: 'text/event-stream' } }
    const stream = await fetch(`${gateway.url}/orders.x`, events)
    expect(await stream.text()).toBe('data: 1\n\n')
  })
})
