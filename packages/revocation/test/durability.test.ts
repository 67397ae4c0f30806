import { createId } from '@portcullis/context'
import { createLogger } from '@portcullis/runtime'
import { startSentinelRedis } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
  type ReceiptWait,
} from '../src/index.ts'
import { LEASE_MS, PEPPER, startLog } from './harness.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
const NOTHING = ['--save', '', '--appendonly', 'no']
const ALWAYS = ['--appendonly', 'yes', '--appendfsync', 'always']

/** What a server is started with, whether a change on it is durable, and why. */
const SERVERS: [durable: boolean, name: string, args: string[]][] = [
  [true, 'an append-only file that is flushed always', ALWAYS],
  [true, 'nothing kept at all: a restart refuses everybody', NOTHING],
  [false, 'an append-only file that is flushed every second', ['--appendonly', 'yes']],
  [false, 'an append-only file that is never flushed', [...ALWAYS, '--appendfsync', 'no']],
  [false, 'flushing that pauses', [...ALWAYS, '--no-appendfsync-on-rewrite', 'yes']],
  [false, 'snapshots alone', ['--save', '3600 1', '--appendonly', 'no']],
]

describe('durable on one server', () => {
  test.each(SERVERS)('is %s with %s', async (durable, _, args) => {
    await using log = await startLog({ args })
    await using revoker = await log.follow()
    expect(await log.change(revoker, 'usr_a')).toMatchObject({ level: 'enforced', durable })
    expect(await log.change(revoker, 'usr_a', { wait: 'durable' })).toMatchObject({ durable })
  })

  test('is false once somebody took a snapshot, which a restart would read', async () => {
    await using log = await startLog({ args: NOTHING })
    await using revoker = await log.follow()
    await log.admin.call('SAVE')
    expect(await log.change(revoker, 'usr_a')).toMatchObject({ durable: false })
  })

  test('follows a change of the settings', async () => {
    await using log = await startLog({ args: ALWAYS })
    await using revoker = await log.follow()
    expect(await log.change(revoker, 'usr_a')).toMatchObject({ durable: true })
    await log.admin.config('SET', 'appendfsync', 'everysec')
    expect(await log.change(revoker, 'usr_b')).toMatchObject({ durable: false })
  })

  test('is false if the server does not tell its settings', async () => {
    await using log = await startLog({ args: ALWAYS })
    await log.admin.call('ACL', 'SETUSER', 'blind', 'on', '>x', '~*', '&*', '+@all', '-config')
    const blind = new URL(log.redis.url)
    blind.username = 'blind'
    blind.password = 'x'
    await using revoker = await log.follow({ redisUrl: blind.href })
    const publisher = { redisUrl: blind.href, name: 'blind', pepper: PEPPER }
    await using blindfolded = createClaimsPublisher(publisher)
    const startedAt = performance.now()
    const change = { subject: 'usr_a', version: 1, id: createId('chg'), cause: 'test' } as const
    const { proof, ...point } = await blindfolded.publish(change, revoker.instance)
    for (const by of [{ proof }, {}]) {
      const receipt = await revoker.enforce({ ...point, ...by, id: change.id, startedAt })
      expect(receipt).toMatchObject({ level: 'enforced', durable: false })
    }
  })

  test('is false for a change of a history that is gone', async () => {
    await using log = await startLog({ args: ALWAYS })
    await using revoker = await log.follow()
    const position = await log.publish('usr_a')
    await log.admin.flushall()
    const change = { id: 'chg_x', position, startedAt: performance.now() }
    expect(await revoker.enforce(change)).toMatchObject({ level: 'indeterminate', durable: false })
  })
})

/** A revoker on a primary with two replicas, and how it changes something. */
async function startReplicated(args: string[]) {
  await using owned = new AsyncDisposableStack()
  const servers = owned.use(await startSentinelRedis({ replicas: 2, sentinels: 0, args }))
  const { url: redisUrl } = servers
  await declareNewInstallation({ redisUrl })
  const publisher = owned.use(
    createClaimsPublisher({ redisUrl, name: 'publisher', pepper: PEPPER, replicas: 2 }),
  )
  const repair = async () => undefined
  const shared = { redisUrl, name: 'revoker', logger, leaseMs: 4 * LEASE_MS, repair }
  const revoker = owned.use(await createFollower({ ...shared, replicas: 2 }))
  let version = 0
  const all = owned.move()
  return {
    servers,
    async change(wait: ReceiptWait) {
      const startedAt = performance.now()
      const change = {
        subject: 'usr_a',
        version: ++version,
        id: createId('chg'),
        cause: 'x',
      } as const
      const published = await publisher.publish(change, revoker.instance)
      return revoker.enforce({ ...published, id: change.id, startedAt, wait })
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

describe('durable with replicas', () => {
  test('is true when every one of them has it', async () => {
    await using redis = await startReplicated(ALWAYS)
    expect(await redis.change('durable')).toMatchObject({ level: 'enforced', durable: true })
  })

  test('is false while one of them is silent, and enforced all the same', async () => {
    await using redis = await startReplicated(ALWAYS)
    redis.servers.nodes[2]?.pause()
    expect(await redis.change('durable')).toMatchObject({ level: 'enforced', durable: false })
    redis.servers.nodes[2]?.resume()
    await redis.servers.inSync()
    expect(await redis.change('durable')).toMatchObject({ level: 'enforced', durable: true })
  })

  test('is false if the primary flushes later, whatever the replicas have', async () => {
    await using redis = await startReplicated(['--appendonly', 'yes'])
    expect(await redis.change('durable')).toMatchObject({ level: 'enforced', durable: false })
  })
})
