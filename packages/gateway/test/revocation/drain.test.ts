import { once } from 'node:events'
import { connect } from 'node:net'
import { ContextError, type ContextErrorCode } from '@portcullis/context'
import { type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SESSION_COOKIE, startDataPath } from '../support/start-data-path.ts'
import { createVisitor, credentials, startGateway } from '../support/start-gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { codeOf, hear } from './harness.ts'

let redis: RedisServer
let orders: Upstream

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

async function timeOf(run: () => PromiseLike<unknown>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

describe('closing', () => {
  test('is not held up by connections on which nothing was sent, or nothing more', async () => {
    const gateway = await startDataPath({ services: { orders: orders.url } })
    const unused = connect(gateway.port, '127.0.0.1')
    await once(unused, 'connect')
    await fetch(`${gateway.url}/orders.hello`)
    expect(await timeOf(gateway.close)).toBeLessThan(500)
    unused.destroy()
    await gateway[Symbol.asyncDispose]()
  })

  test('takes no longer after a client has left a subscription', async () => {
    const gateway = await startGateway({ redisUrl: redis.url, services: { orders: orders.url } })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const heard = hear<string>((callbacks) =>
      ada.subscribing.orders.ticks.subscribe(undefined, callbacks),
    )
    await expect.poll(() => heard.data.length).toBe(2)
    heard.stop()
    expect(await timeOf(() => gateway[Symbol.asyncDispose]())).toBeLessThan(2_000)
  })
})

describe('a context that cannot be made', () => {
  async function answerWithout(code: ContextErrorCode) {
    await using gateway = await startDataPath({ services: { orders: orders.url } })
    gateway.authenticator.onContext = () => Promise.reject(new ContextError(code))
    const headers = { cookie: SESSION_COOKIE }
    const response = await fetch(`${gateway.url}/orders.headers`, { headers })
    const body = (await response.json()) as { result?: { data?: unknown }; error?: unknown }
    return { response, body }
  }

  test('because the session’s last second is over, is a session that has ended', async () => {
    const { response, body } = await answerWithout('ERR_CONTEXT_EXPIRED')
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-sid=;/)
    expect(body.result?.data).not.toHaveProperty('x-portcullis-context')
  })

  test('because it is too large, is an error that says so', async () => {
    const { response, body } = await answerWithout('ERR_CONTEXT_TOO_LARGE')
    expect(response.status).toBe(500)
    expect(codeOf(body.error)).toBe('INTERNAL_SERVER_ERROR ERR_CONTEXT_TOO_LARGE')
  })
})

test('a verifier that does not answer is given up on, and told so', async () => {
  let told: AbortSignal | undefined
  const verify = (_: unknown, { signal }: { signal: AbortSignal }) => {
    told = signal
    return new Promise<null>(() => {})
  }
  await using gateway = await startGateway({
    redisUrl: redis.url,
    services: {},
    identity: { input: credentials, verify },
    limits: { signInTimeoutMs: 100 },
  })
  const refused = createVisitor(gateway.url).signIn()
  await expect(refused).rejects.toMatchObject({
    data: { portcullis: { code: 'ERR_SIGN_IN_UNAVAILABLE' } },
  })
  expect(told?.aborted).toBe(true)
})
