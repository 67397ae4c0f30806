import { createId } from '@portcullis/context'
import { createFollower, declareNewInstallation } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createSessionStore } from '@portcullis/sessions'
import { eventually, startSentinelRedis, startTcpProxy } from '@portcullis/testing'
import { expect, test } from 'vitest'

const logger = createLogger({ name: 'test', level: 'silent' })
const SECRET = Buffer.alloc(32, 7).toString('base64url')

test('a revocation that was in a new epoch before its revoker adopted it outlives a failover that loses it', async () => {
  await using redis = await startSentinelRedis({ replicas: 2, sentinels: 0 })
  const { url: redisUrl } = redis
  await declareNewInstallation({ redisUrl })
  await using proxy = await startTcpProxy({ target: redisUrl })
  const instance = createId('ins')
  const open = { name: 'gateway', originator: instance, pepper: SECRET, tokenKeys: [SECRET] }
  await using store = await createSessionStore({ ...open, redisUrl })
  await using follower = await createFollower({
    redisUrl: proxy.url,
    name: 'gateway',
    instance,
    logger,
    leaseMs: 400,
    replicas: 2,
    repair: store.repair,
  })
  const { token, session } = await store.start({ subject: 'usr_ada', methods: ['pwd'] })
  const { epoch } = follower.position
  await redis.inSync()
  const [, next, last] = redis.nodes
  if (!next || !last) throw new TypeError('two replicas are needed')

  proxy.cut()
  await redis.promote(next)
  await redis.inSync()
  await last.stopReplicating()
  const revoke = () => store.revoke({ session: session.id }, { cause: 'test', id: 'chg_1' })
  const { position } = await eventually(revoke)
  expect(position.epoch).toBeGreaterThan(epoch)
  expect(follower.position.epoch).toBe(epoch)
  proxy.heal()
  await eventually(async () => {
    const change = { id: 'chg_1', position, startedAt: performance.now() }
    expect((await follower.enforce(change)).level).toBe('enforced')
  })

  await redis.promote(last)
  await eventually(() => {
    expect(follower.position.epoch).toBeGreaterThan(position.epoch)
    expect(follower.isFresh()).toBe(true)
  })
  expect(await eventually(() => store.load(token))).toBeNull()
})
