import { eventually, startSentinelRedis } from '@portcullis/testing'
import { expect, test } from 'vitest'
import type { GatewayError } from '../../src/errors.ts'
import { openStore, startAuthentication } from './harness.ts'

const REPLICAS = 2

test('a server that was deposed signs nobody out who signed in elsewhere since', async () => {
  await using redis = await startSentinelRedis({ replicas: REPLICAS, sentinels: 0 })
  await using gateway = await startAuthentication({ redis: { url: redis.url, replicas: REPLICAS } })
  const known = await gateway.signIn()
  await redis.inSync()
  expect(await gateway.authenticator.authenticate(known.token)).toBeDefined()

  const [, next] = redis.nodes
  if (!next) throw new TypeError('no replica')
  await redis.promote(next, { keepConnections: true, leaveFormer: true })
  await using elsewhere = await openStore(`redis://127.0.0.1:${next.port}`)
  const { token } = await elsewhere.start({ subject: 'usr_ada', methods: ['pwd'] })

  const outcomes: string[] = []
  await eventually(
    async () => {
      const outcome = await outcomeOf(async () => gateway.authenticator.authenticate(token))
      outcomes.push(outcome)
      expect(outcome).not.toBe('ERR_UNVERIFIABLE')
    },
    { timeoutMs: 20_000 },
  )
  expect(outcomes[0]).toBe('ERR_UNVERIFIABLE')
  expect(outcomes.at(-1)).toBe('in')
})

function outcomeOf(authenticate: () => Promise<unknown>): Promise<string> {
  return authenticate().then(
    (authentication) => (authentication ? 'in' : 'out'),
    (error: GatewayError) => error.code,
  )
}
