import { createGatewayRevoker } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createVisitor, startGateway } from '../support/start-gateway.ts'
import { ask, LEASE_MS, startRelayed } from './harness.ts'

const reason = 'contract-ended'

describe('a service that reads no session', () => {
  test('ends them by name, once for an id, whichever gateway it asks', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway({ mayRevoke: ['orders'] })
    await using second = await relayed.startGateway({ mayRevoke: ['orders'] })
    const grace = createVisitor(first.url)
    await grace.signIn('grace@example.com')
    const ask = ({ url }: { url: string }) =>
      createGatewayRevoker({ gatewayUrl: url, assertion: relayed.signer('orders') })
    const change = { id: 'bulk.1', reason }
    const subject = 'usr_grace'
    const ended = await ask(first).revoke({ subject }, change)
    expect(ended).toMatchObject({ level: 'enforced', id: 'bulk.1', ended: 1 })
    expect(await grace.api.session.me.query()).toBeNull()

    await grace.signIn('grace@example.com')
    const repeated = await ask(second).revoke({ subject }, change)
    expect(repeated.position).toEqual(ended.position)
    expect(await grace.api.session.me.query()).not.toBeNull()
    await expect(ask(first).revoke({ subject: 'usr_ada' }, change)).rejects.toMatchObject({
      code: 'ERR_CHANGE_ID_REUSED',
    })
  })

  test('ends what has ended already, and asks another gateway for one that is away', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway({ mayRevoke: ['orders'] })
    const assertion = relayed.signer('orders')
    const revoker = createGatewayRevoker({
      gatewayUrl: ['http://127.0.0.1:9', first.url],
      assertion,
      waitMs: 2 * LEASE_MS,
    })
    const nowhere = { session: `ses_${'x'.repeat(38)}` } as const
    const receipt = await revoker.revoke(nowhere, { id: 'bulk.1', reason })
    expect(receipt).toMatchObject({ level: 'enforced', ended: 0 })
    const alone = createGatewayRevoker({ gatewayUrl: 'http://127.0.0.1:9', assertion })
    await expect(alone.revoke(nowhere, { id: 'bulk.1', reason })).rejects.toMatchObject({
      code: 'ERR_LOG_UNREADABLE',
    })
  })

  test('ends none unless the gateway names it as one that may', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway({ mayRevoke: ['billing'] })
    const ada = createVisitor(first.url)
    await ada.signIn()
    const body = { selector: { subject: 'usr_ada' }, id: 'bulk.1', reason }
    const refused = [403, 'ERR_REVOCATION_REFUSED']
    expect(await ask(first.url, 'revoke', body, { signer: relayed.signer('orders') })).toEqual(
      refused,
    )
    const revoker = createGatewayRevoker({
      gatewayUrl: first.url,
      assertion: relayed.signer('orders'),
    })
    await expect(
      revoker.revoke({ subject: 'usr_ada' }, { id: 'bulk.1', reason }),
    ).rejects.toMatchObject({ code: 'ERR_REVOCATION_REFUSED' })
    expect(await ada.api.session.me.query()).not.toBeNull()
  })

  test('says an id, a reason and a selector, or nothing happens', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway({ mayRevoke: ['orders'] })
    const whole = { selector: { subject: 'usr_ada' }, id: 'bulk.1', reason }
    const { id: _, ...nameless } = whole
    const bodies = [
      ...[{}, nameless, { ...whole, selector: {} }, { ...whole, id: 'a b' }],
      ...[
        { ...whole, reason: '' },
        { ...whole, wait: 'never' },
        { ...whole, more: 1 },
      ],
    ]
    for (const body of bodies) {
      const answer = await ask(first.url, 'revoke', body, { signer: relayed.signer('orders') })
      expect(answer).toEqual([400, 'ERR_RELAY_MALFORMED'])
    }
  })

  test('finds no more places than there are, and leaves those of fences alone', async () => {
    await using relayed = await startRelayed()
    const limits = { concurrentRevocations: 1 }
    await using first = await relayed.startGateway({ mayRevoke: ['orders'], limits })
    const signer = relayed.signer('orders')
    const revoke = (id: string) => {
      const body = { selector: { subject: 'usr_ada' }, id, reason }
      return ask(first.url, 'revoke', body, { signer })
    }
    relayed.redis.pause()
    const both = [revoke('bulk.1'), revoke('bulk.2')]
    expect(await Promise.any(both)).toEqual([503, 'ERR_RELAY_BUSY'])
    relayed.redis.resume()
    await Promise.all(both)
    expect(await revoke('bulk.3')).toEqual([200, undefined])
  })

  test('is one that the gateway trusts at all', async () => {
    await using redis = await startRedis()
    const relay = { trust: {}, mayRevoke: ['worker'] }
    await expect(startGateway({ redisUrl: redis.url, services: {}, relay })).rejects.toThrow(
      'relay.mayRevoke: worker is not in relay.trust',
    )
  })
})
