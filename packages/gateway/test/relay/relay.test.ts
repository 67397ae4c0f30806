import { createId } from '@portcullis/context'
import { createFollower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { eventually, startTcpProxy } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { keysOf, LEASE_MS, startRelayed } from './harness.ts'

const revokeAda = [{ subject: 'usr_ada' }, { reason: 'test' }] as const

describe('a service that follows through a gateway', () => {
  test('has applied a revocation, and acknowledged it, when the receipt says enforced', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    await using service = await relayed.follow(first.url)
    const before = service.position
    expect(service.isFresh()).toBe(true)
    const receipt = await first.gateway.revoke(...revokeAda)
    expect(receipt).toMatchObject({
      level: 'enforced',
      instances: [{ id: service.instance, service: 'orders', state: 'acknowledged' }],
    })
    expect(receipt.tookMs).toBeLessThan(LEASE_MS)
    expect(service.isStale(keysOf('usr_ada'), before)).toBe(true)
    expect(service.position).toEqual(receipt.position)
  })

  test('refuses within its lease when the gateway is gone, and is taken out by those who are left', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    await using proxy = await startTcpProxy({ target: first.url })
    await using service = await relayed.follow(proxy.url)
    proxy.cut()
    const cutAt = performance.now()
    await eventually(() => expect(service.isFresh()).toBe(false))
    expect(performance.now() - cutAt).toBeLessThan(LEASE_MS + 100)
    const receipt = await first.gateway.revoke(...revokeAda)
    expect(receipt.level).toBe('enforced')
    const [silent] = receipt.instances
    expect(['left', 'lease-ended']).toContain(silent?.state)
    proxy.heal()
    await eventually(() => expect(service.position).toEqual(receipt.position))
    await eventually(() => expect(service.isFresh()).toBe(true))
  })

  test.each(['cut', 'dropDown'] as const)(
    'goes on with the next gateway without a lapse when its own is gone (%s)',
    async (fault) => {
      await using relayed = await startRelayed()
      await using first = await relayed.startGateway()
      await using second = await relayed.startGateway()
      await using proxy = await startTcpProxy({ target: first.url })
      const leaseMs = 3_000
      await using service = await relayed.follow([proxy.url, second.url], { leaseMs })
      const { leaseEndsAt } = service
      proxy[fault]()
      await eventually(() => {
        expect(service.isFresh()).toBe(true)
        expect(service.leaseEndsAt).toBeGreaterThan(leaseEndsAt + leaseMs)
      })
      const receipt = await second.gateway.revoke(...revokeAda)
      expect(receipt.level).toBe('enforced')
      expect(receipt.instances).toContainEqual(
        expect.objectContaining({ id: service.instance, state: 'acknowledged' }),
      )
    },
  )

  test('has no lease when the gateway has no Redis, and one again when it is back', async () => {
    await using relayed = await startRelayed()
    await using proxy = await startTcpProxy({ target: relayed.redis.url })
    await using first = await relayed.startGateway({ redisUrl: proxy.url })
    await using service = await relayed.follow(first.url)
    proxy.cut()
    await eventually(() => expect(service.isFresh()).toBe(false))
    await expect(service.catchUp()).rejects.toMatchObject({ code: 'ERR_LOG_UNREADABLE' })
    proxy.heal()
    await eventually(() => expect(service.isFresh()).toBe(true))
  })

  test('has no lease while a gateway answers and Redis hangs', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    await using service = await relayed.follow(first.url)
    relayed.redis.pause()
    await eventually(() => expect(service.isFresh()).toBe(false))
    relayed.redis.resume()
    await eventually(() => expect(service.isFresh()).toBe(true))
  })

  test('waits for a driver under a new history, and believes nothing of the one before', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    await using service = await relayed.follow(first.url)
    const before = service.position
    let resets = 0
    service.onReset(() => {
      resets += 1
    })
    await relayed.admin.flushall()
    await eventually(() => {
      expect(service.position.epoch).toBeGreaterThan(before.epoch)
      expect(service.isFresh()).toBe(true)
    })
    expect(resets).toBe(1)
    expect(service.isStale(keysOf('usr_ada'), before)).toBe(true)
  })

  test('catchUp is a fence sent after the call, and needs no hint', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway({ limits: { hintStreams: 1 } })
    await using listening = await relayed.follow(first.url)
    await eventually(async () => expect(await relayed.subscribed(listening.instance)).toBe(1))
    const leaseMs = 60_000
    await using deaf = await relayed.follow(first.url, { leaseMs })
    const [selector, because] = revokeAda
    const { position } = await first.gateway.revoke(selector, { ...because, wait: 'majority' })
    expect(deaf.position).not.toEqual(position)
    expect(await deaf.catchUp()).toBe(true)
    expect(deaf.position).toEqual(position)
  })

  test('leaves at the end, so that nobody waits for it', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    const service = await relayed.follow(first.url)
    await service[Symbol.asyncDispose]()
    expect(await relayed.admin.hexists(relayed.keyspace.members, service.instance)).toBe(0)
    await eventually(async () => expect(await relayed.subscribed(service.instance)).toBe(0))
  })

  test('hears of acknowledgements, and reads the log, as those with a Redis do', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    await using service = await relayed.follow(first.url)
    const after = service.position
    const { position } = await first.gateway.revoke(...revokeAda)
    if (!position) throw new Error('nothing was revoked')
    const page = await service.readLog(after, 10)
    expect(page).toMatchObject({ head: position, events: [{ kind: 'subject.revoked' }] })
    await eventually(async () => expect(await relayed.subscribed(service.instance)).toBe(1))
    const change = { id: createId('chg'), position, startedAt: performance.now() }
    const receipt = await service.enforce(change)
    expect(receipt).toMatchObject({ level: 'enforced', durable: false })
    expect(receipt.instances).toMatchObject([{ service: 'gateway', state: 'acknowledged' }])
  })

  test('whose reading of hints is too slow for the gateway catches up by its fences', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway({ limits: { hintBufferBytes: 200 } })
    await using service = await relayed.follow(first.url)
    await eventually(async () => expect(await relayed.subscribed(service.instance)).toBe(1))
    const receipts = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        first.gateway.revoke({ subject: `usr_${i}` }, { reason: 'test' }),
      ),
    )
    expect(new Set(receipts.map(({ level }) => level))).toEqual(new Set(['enforced']))
    for (const { instances } of receipts)
      expect(instances).toMatchObject([{ state: 'acknowledged' }])
  })

  test('under a name that is not its own does not start', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    const impostor = relayed.follow(first.url, { name: 'billing', startTimeoutMs: 100 })
    await expect(impostor).rejects.toMatchObject({ code: 'ERR_LOG_UNREADABLE' })
    const unheard = createFollower({
      gatewayUrl: 'ftp://gateway',
      assertion: relayed.signer('orders'),
      name: 'orders',
      logger: createLogger({ name: 'test', level: 'silent' }),
    })
    await expect(unheard).rejects.toThrow(TypeError)
  })
})
