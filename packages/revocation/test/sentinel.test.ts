import { createId } from '@portcullis/context'
import { createLogger } from '@portcullis/runtime'
import { eventually, startSentinelRedis } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
  type Follower,
} from '../src/index.ts'
import { keysOf, PEPPER } from './harness.ts'

const LEASE_MS = 2_000
const logger = createLogger({ name: 'test', level: 'silent' })

/** One primary, two replicas, three sentinels, and followers that know of the replicas. */
async function startInstallation() {
  const redis = await startSentinelRedis()
  const { url: redisUrl } = redis
  await declareNewInstallation({ redisUrl })
  const publisher = createClaimsPublisher({
    redisUrl,
    name: 'publisher',
    pepper: PEPPER,
    replicas: 2,
  })
  const repair = async () => undefined
  let version = 0

  return {
    redis,
    follow: () =>
      createFollower({ redisUrl, name: 'member', logger, leaseMs: LEASE_MS, replicas: 2, repair }),

    async change(revoker: Follower, subject: `usr_${string}`) {
      version += 1
      const startedAt = performance.now()
      const change = { subject, version, id: createId('chg'), cause: 'test' }
      const published = await publisher.publish(change, revoker.instance)
      return revoker.enforce({ ...published, id: change.id, startedAt })
    },

    async [Symbol.asyncDispose]() {
      await publisher[Symbol.asyncDispose]()
      await redis[Symbol.asyncDispose]()
    },
  }
}

describe('with sentinels', () => {
  test('a change is enforced once a majority of the servers and every instance has it', async () => {
    await using installation = await startInstallation()
    await using revoker = await installation.follow()
    await using member = await installation.follow()
    expect(revoker.isFresh()).toBe(true)
    const before = member.position
    const receipt = await installation.change(revoker, 'usr_a')
    expect(receipt).toMatchObject({ level: 'enforced', instances: [{ state: 'acknowledged' }] })
    expect(member.isStale(keysOf('usr_a'), before)).toBe(true)
  }, 60_000)

  test('after a failover with the old primary frozen, everyone is fresh again under a new epoch', async () => {
    await using installation = await startInstallation()
    await using a = await installation.follow()
    await using b = await installation.follow()
    const before = a.position
    await installation.redis.failover()
    await eventually(
      () => {
        expect(a.position.epoch).toBeGreaterThan(before.epoch)
        expect(b.position).toEqual(a.position)
        expect([a.isFresh(), b.isFresh()]).toEqual([true, true])
      },
      { timeoutMs: 30_000 },
    )
    expect(a.isStale(keysOf('usr_a'), before)).toBe(true)
    // What still went to the deposed primary is said to be indeterminate, and repeated.
    await eventually(
      async () => expect((await installation.change(a, 'usr_a')).level).toBe('enforced'),
      { timeoutMs: 20_000 },
    )
  }, 60_000)
})
