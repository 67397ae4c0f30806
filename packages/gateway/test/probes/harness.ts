import type { AddressInfo } from 'node:net'
import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import { startRedis } from '@portcullis/testing'
import { expect } from 'vitest'
import type { GatewayOptions } from '../../src/options.ts'
import { requestRaw } from '../support/raw-request.ts'
import { type Credentials, startGateway } from '../support/start-gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

export const HOST = 'Host: app.example.com'
export const JSON_TYPE = 'Content-Type: application/json'
export const ORIGIN = 'Origin: https://app.example.com'

/** A whole gateway with two services behind it, each behind a tap that keeps every byte which the gateway sends it. */
export interface ProbedGateway extends AsyncDisposable {
  readonly port: number
  /** `Cookie: ...` of a session that is there. */
  readonly cookie: string
  readonly orders: Upstream
  readonly accounts: Upstream
  /** All bytes that reached a service since the last `forget`. */
  received(): string
  forget(): void
  /** Sends lines and body on a connection of their own and asserts that the answer is an error as tRPC writes it. */
  refusal(lines: readonly string[], body?: string): Promise<Refusal>
}

interface Refusal {
  readonly status: number
  readonly code: string | undefined
}

export async function startProbed(
  options: Partial<GatewayOptions<Credentials>> = {},
): Promise<ProbedGateway> {
  await using owned = new AsyncDisposableStack()
  const redis = owned.use(await startRedis())
  const orders = owned.use(await startUpstream('orders'))
  const accounts = owned.use(await startUpstream('accounts'))
  const taps = [owned.use(await startTap(orders.port)), owned.use(await startTap(accounts.port))]
  const { url } = owned.use(
    await startGateway({
      redisUrl: redis.url,
      publicUrl: 'https://app.example.com',
      allowedOrigins: ['https://admin.example.com'],
      services: {
        orders: { url: `http://127.0.0.1:${taps[0]?.port}`, limits: { bodyBytes: 100_000 } },
        accounts: `http://127.0.0.1:${taps[1]?.port}`,
      },
      ...options,
    }),
  )
  const port = Number(new URL(url).port)
  const cookie = await signIn(port)
  const everything = owned.move()
  return {
    port,
    cookie,
    orders,
    accounts,
    received: () => taps.map((tap) => tap.received()).join(''),
    forget() {
      for (const tap of taps) tap.forget()
      for (const { seen } of [orders, accounts]) seen.length = 0
    },
    refusal: (lines, body) => refusal(port, lines, body),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}

async function refusal(port: number, lines: readonly string[], body = ''): Promise<Refusal> {
  const answer = await requestRaw(port, lines, body)
  const { error } = JSON.parse(answer.body) as {
    error: { message: string; data: { httpStatus: number; portcullis?: { code: string } } }
  }
  expect(error.message).toEqual(expect.any(String))
  expect(error.data.httpStatus).toBe(answer.status)
  return { status: answer.status, code: error.data.portcullis?.code }
}

async function signIn(port: number): Promise<string> {
  const body = JSON.stringify({ email: 'ada@example.com', password: 'portcullis' })
  const lines = ['POST /session.signIn HTTP/1.1', HOST, JSON_TYPE]
  const answer = await requestRaw(port, [...lines, `Content-Length: ${body.length}`], body)
  const cookie = /^set-cookie: (__Host-sid=[^;]+)/im.exec(answer.head)?.[1]
  if (cookie === undefined) throw new Error(`not signed in: ${answer.head}`)
  return `Cookie: ${cookie}`
}

interface Tap extends AsyncDisposable {
  readonly port: number
  received(): string
  forget(): void
}

/** Passes bytes on in both directions and keeps those that go to the service. */
async function startTap(targetPort: number): Promise<Tap> {
  let kept = ''
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const service = tcpConnect(targetPort, '127.0.0.1')
    client.on('data', (chunk) => {
      kept += chunk.toString('latin1')
    })
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received: () => kept,
    forget() {
      kept = ''
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
