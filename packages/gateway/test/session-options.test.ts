import { eventually, type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityVerifier } from '../src/procedures/identity.ts'
import {
  type Credentials,
  createVisitor,
  credentials,
  startGateway,
} from './support/start-gateway.ts'

let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await redis[Symbol.asyncDispose]()
})

/** Whoever says `remember` as a password is remembered. */
const identity: IdentityVerifier<Credentials> = {
  input: credentials,
  async verify({ password }) {
    const profile = password === 'remember' ? { profile: 'aal1' as const } : {}
    return { subject: 'usr_ada', methods: ['pwd'], ...profile }
  },
}

const start = (options: Partial<Parameters<typeof startGateway>[0]>) =>
  startGateway({ redisUrl: redis.url, services: {}, identity, ...options })

async function signInTo(url: string, password = 'portcullis') {
  const visitor = createVisitor(url)
  const session = await visitor.api.session.signIn.mutate({ email: 'ada@example.com', password })
  const [, maxAge] = /^sid=.*Max-Age=(\d+)$/m.exec(visitor.setCookies.join('\n')) ?? []
  return { visitor, session, maxAge: Number(maxAge), isThere: () => visitor.api.session.me.query() }
}

describe('a session', () => {
  test('lasts as long as the profile of the gateway says, and its cookie too', async () => {
    await using gateway = await start({ sessionProfile: 'aal3' })
    const { session, maxAge } = await signInTo(gateway.url)
    expect(session.endsAt - session.startedAt).toBe(12 * 3_600_000)
    expect(maxAge).toBeGreaterThan(12 * 3_600 - 60)
    expect(maxAge).toBeLessThanOrEqual(12 * 3_600)
  })

  test('lasts as long as the verifier says, if it does', async () => {
    await using gateway = await start({})
    const [usual, remembered] = [
      await signInTo(gateway.url),
      await signInTo(gateway.url, 'remember'),
    ]
    expect(usual.session.endsAt - usual.session.startedAt).toBe(24 * 3_600_000)
    expect(remembered.session.endsAt - remembered.session.startedAt).toBe(30 * 24 * 3_600_000)
  })

  test('ends at a time of the installation’s own, however much it is used', async () => {
    const aal2 = { absoluteSeconds: 4, idleSeconds: 0 }
    await using gateway = await start({ sessionProfiles: { aal2 } })
    const { isThere, session } = await signInTo(gateway.url)
    expect(session.endsAt - session.startedAt).toBe(4_000)
    expect(await isThere()).not.toBeNull()
    await eventually(async () => expect(await isThere()).toBeNull(), { timeoutMs: 15_000 })
  })

  test('ends when it was not used for as long as the installation says', async () => {
    const aal2 = { absoluteSeconds: 3_600, idleSeconds: 1 }
    await using gateway = await start({ sessionProfiles: { aal2 } })
    const idle = await signInTo(gateway.url)
    const watching = await signInTo(gateway.url, 'remember')
    await eventually(
      async () => {
        const there = await watching.visitor.api.session.list.query()
        expect(there.map(({ id }) => id)).toEqual([watching.session.id])
      },
      { timeoutMs: 15_000 },
    )
    expect(await idle.isThere()).toBeNull()
  })

  test('ends for a further one, when a person has as many as allowed', async () => {
    await using gateway = await start({ maxSessionsPerSubject: 2 })
    const earlier = [await signInTo(gateway.url), await signInTo(gateway.url)]
    const latest = await signInTo(gateway.url)
    const there = await Promise.all(earlier.map(({ isThere }) => isThere()))
    // Which of the two is older is told by the second.
    expect(there.filter((principal) => principal !== null)).toHaveLength(1)
    expect(await latest.visitor.api.session.list.query()).toHaveLength(2)
  })
})

test.each([
  [{ sessionProfile: 'aal4' }, /sessionProfile/],
  [
    { sessionProfiles: { aal2: { absoluteSeconds: 10, idleSeconds: 11 } } },
    /idleSeconds is longer/,
  ],
  [{ sessionProfiles: { aal1: { absoluteSeconds: 400 * 86_400 + 1, idleSeconds: 0 } } }, /aal1/],
  [{ maxSessionsPerSubject: 0 }, /maxSessionsPerSubject/],
  [{ maxSessionsPerSubject: 101 }, /maxSessionsPerSubject/],
])('%j is refused, by name', async (options, message) => {
  await expect(start(options as Parameters<typeof start>[0])).rejects.toThrow(message)
})
