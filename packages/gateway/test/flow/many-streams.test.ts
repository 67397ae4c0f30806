import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { eventually, startRedis } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startGateway } from '../support/start-gateway.ts'
import { ask, serveWith } from './servers.ts'

const STREAMS = 2_000
const PEOPLE = 50

/** One that is open, and what it said last. */
interface Held {
  last: string
  hasEnded: boolean
}

async function open(url: string, cookie: string): Promise<Held> {
  const request = get(url, { agent: false, headers: { accept: 'text/event-stream', cookie } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const held = { last: '', hasEnded: false }
  response.setEncoding('utf8').on('data', (text) => (held.last = text))
  response.on('end', () => (held.hasEnded = true))
  return held
}

async function openAll(url: string, cookies: readonly string[]): Promise<Held[]> {
  const held: Held[] = []
  for (let i = 0; i < STREAMS; i += PEOPLE) {
    held.push(...(await Promise.all(cookies.map((cookie) => open(url, cookie)))))
  }
  return held
}

test('two thousand streams are open while queries are answered, and end with their sessions', async () => {
  await using redis = await startRedis()
  await using orders = await serveWith((request, response) => {
    if (request.url !== '/orders.ticks') response.end('{"result":{"data":1}}')
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  await using gateway = await startGateway({
    redisUrl: redis.url,
    leaseMs: 5_000,
    services: { orders: orders.url },
    limits: { streamsPerAddress: STREAMS + 1 },
    signInThrottle: { attemptsPerAddress: PEOPLE + 1, failuresPerAddress: PEOPLE + 1 },
    claims: { load: async () => NO_CLAIMS },
    identity: {
      input: z.object({ email: z.string(), password: z.string() }),
      verify: async ({ email }) => ({ subject: `usr_${email}`, methods: ['pwd'] }),
    },
  })
  const signIn = async (name: string) => {
    const response = await fetch(`${gateway.url}/session.signIn`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: name, password: '-' }),
    })
    const cookie = response.headers.getSetCookie().find((value) => value.startsWith('sid='))
    return cookie?.split(';', 1)[0] ?? ''
  }
  const people = Array.from({ length: PEOPLE }, (_, i) => `p${i}`)
  const cookies = await Promise.all(people.map(signIn))
  const spared = await open(`${gateway.url}/orders.ticks`, await signIn('spared'))
  const held = await openAll(`${gateway.url}/orders.ticks`, cookies)
  expect(gateway.gateway.openStreams).toBe(STREAMS + 1)

  const asked = Array.from({ length: 50 }, (_, i) =>
    ask(`${gateway.url}/orders.x`, { headers: { cookie: cookies[i] as string } }),
  )
  for (const { status } of await Promise.all(asked)) expect(status).toBe(200)
  expect(held.filter(({ hasEnded }) => hasEnded)).toEqual([])

  const revoke = (name: string) =>
    gateway.gateway.revoke({ subject: `usr_${name}` }, { reason: 'test' })
  await Promise.all(people.map(revoke))
  await eventually(() => expect(gateway.gateway.openStreams).toBe(1))
  await eventually(() => expect(held.filter(({ hasEnded }) => !hasEnded)).toEqual([]))
  for (const { last } of held) expect(last).toContain('ERR_SESSION_REVOKED')
  expect(spared.hasEnded).toBe(false)
}, 60_000)

const NO_CLAIMS = { version: 1, roles: [], permissions: [], memberships: {}, custom: {} }
