import {
  ASSERTION_HEADER,
  createContextVerifier,
  createId,
  createVerificationKeys,
  jwksSchema,
} from '@portcullis/context'
import { RELAYED_CALLS, relayPath } from '@portcullis/revocation'
import { systemClock } from '@portcullis/runtime'
import { eventually, startRedis } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createVisitor, startGateway } from '../support/start-gateway.ts'
import { ask, startRelayed } from './harness.ts'

const OK = [200, undefined]
const FOREIGN = [403, 'ERR_MEMBER_FOREIGN']
const UNTRUSTED = [401, 'ERR_CALLER_REFUSED']
const MALFORMED = [400, 'ERR_RELAY_MALFORMED']

describe('the relay of a gateway', () => {
  test('writes no record but that of the service that asks, and of no driver', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    const signer = relayed.signer('orders')
    const fence = async (record: Record<string, unknown>) =>
      ask(first.url, 'fence', await relayed.fence(record), { signer })
    expect(await fence({})).toEqual(OK)
    expect(await fence({ service: 'billing' })).toEqual(FOREIGN)
    expect(await fence({ service: 'gateway', drives: true })).toEqual(FOREIGN)
    expect(await fence({ drives: true })).toEqual(FOREIGN)
    expect(await fence({ leaseMs: 3_600_000 })).toEqual(MALFORMED)
    expect(await relayed.admin.hlen(relayed.keyspace.members)).toBe(2)
  })

  test('leaves the records of others alone, whichever gateway is asked', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    await using second = await relayed.startGateway()
    const { members } = relayed.keyspace
    const mine = await relayed.fence()
    expect(await ask(first.url, 'fence', mine, { signer: relayed.signer('orders') })).toEqual(OK)
    const before = await relayed.admin.hkeys(members)
    const position = { epoch: 1, seq: 0 }
    for (const instance of before) {
      const asBilling = { signer: relayed.signer('billing') }
      const theirs = await relayed.fence(
        { service: 'billing', fences: 99 },
        instance as typeof mine.instance,
      )
      const said = { instance, originators: [createId('ins')], position }
      for (const { url } of [first, second]) {
        expect(await ask(url, 'fence', theirs, asBilling)).toEqual(FOREIGN)
        expect(await ask(url, 'acknowledgements', said, asBilling)).toEqual(FOREIGN)
        expect(await ask(url, 'leave', { instance }, asBilling)).toEqual(FOREIGN)
      }
    }
    expect(await relayed.admin.hkeys(members)).toEqual(before)
    const records = await relayed.admin.hvals(members)
    expect(records).toHaveLength(3)
    expect(records.filter((record) => record.includes('billing'))).toEqual([])
  })

  test('acknowledges for no instance that has not fenced', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    const said = { originators: [createId('ins')], position: { epoch: 1, seq: 0 } }
    const signer = relayed.signer('orders')
    const unknown = { ...said, instance: createId('ins') }
    expect(await ask(first.url, 'acknowledgements', unknown, { signer })).toEqual(FOREIGN)
    const mine = await relayed.fence()
    expect(await ask(first.url, 'fence', mine, { signer })).toEqual(OK)
    const known = { ...said, instance: mine.instance }
    expect(await ask(first.url, 'acknowledgements', known, { signer })).toEqual(OK)
  })

  test.each(RELAYED_CALLS)('%s is refused to whom it does not trust', async (call) => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    const body = await relayed.fence()
    expect(await ask(first.url, call, body)).toEqual(UNTRUSTED)
    const signer = relayed.signer('orders')
    expect(await ask(first.url, call, body, { signer, audience: 'orders' })).toEqual(UNTRUSTED)
    const stranger = { signer: relayed.signer('stranger') }
    expect(await ask(first.url, call, body, stranger)).toEqual(UNTRUSTED)
    const impostor = { signer: relayed.signer('billing', 'orders') }
    expect(await ask(first.url, call, body, impostor)).toEqual(UNTRUSTED)
  })

  test('is not for browsers', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    const signer = relayed.signer('orders')
    const refused = [403, 'ERR_ORIGIN_REFUSED']
    const fence = async (headers: Record<string, string>) =>
      ask(first.url, 'fence', await relayed.fence(), { signer, headers })
    expect(await fence({ origin: first.url })).toEqual(refused)
    expect(await fence({ cookie: 'a=b; sid=x' })).toEqual(refused)
    expect(await fence({ cookie: 'a=b' })).toEqual(OK)
  })

  test('says for nobody but a session that lives what holds of it, and to the service that asks', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway()
    const ada = createVisitor(first.url)
    await ada.signIn()
    const me = await ada.api.session.me.query()
    const { session, organization } = me ?? { session: 'ses_', organization: null }
    const position = { epoch: 1, seq: 0 }
    const carried = { session, organization, position }
    const signer = relayed.signer('orders')
    const contextFor = async (body: unknown) => {
      const response = await fetch(`${first.url}${relayPath('principal')}`, {
        method: 'POST',
        headers: { [ASSERTION_HEADER]: await signer.sign({ audience: 'gateway' }) },
        body: JSON.stringify(body),
      })
      return ((await response.json()) as { context: string | null }).context
    }
    const jwks = await fetch(`${first.url}/.well-known/jwks.json`).then((answer) => answer.json())
    const keys = createVerificationKeys(jwksSchema.parse(jwks))
    const verifier = createContextVerifier({ audience: 'orders', keys, clock: systemClock })
    const { principal } = await verifier.verify((await contextFor(carried)) ?? '')
    expect(principal).toEqual(me)
    expect(await contextFor({ ...carried, organization: 'org_initech' })).toBeNull()
    expect(await contextFor({ ...carried, session: `ses_${'x'.repeat(38)}` })).toBeNull()
    await ada.api.session.signOut.mutate()
    expect(await contextFor(carried)).toBeNull()
    for (const body of [{}, { ...carried, session: 'x' }, { ...carried, position: 'now' }]) {
      expect(await ask(first.url, 'principal', body, { signer })).toEqual(MALFORMED)
    }
  })

  test('refuses what is too large or cannot be read', async () => {
    await using relayed = await startRelayed()
    await using first = await relayed.startGateway({ limits: { bodyBytes: 1_024 } })
    const fence = (body: unknown) =>
      ask(first.url, 'fence', body, { signer: relayed.signer('orders') })
    expect(await fence('x'.repeat(1_025))).toEqual([413, 'ERR_BODY_TOO_LARGE'])
    expect(await fence('{')).toEqual(MALFORMED)
    expect(await fence({ ...(await relayed.fence()), limit: 10_001 })).toEqual(MALFORMED)
    expect(await fence({ ...(await relayed.fence()), instance: '*' })).toEqual(MALFORMED)
    const read = await fetch(`${first.url}${relayPath('fence')}`)
    expect(read.status).toBe(405)
  })

  test('sheds what is more than it bears', async () => {
    await using relayed = await startRelayed()
    const limits = { concurrentCalls: 1, hintStreams: 1 }
    await using first = await relayed.startGateway({ limits })
    await using listening = await relayed.follow(first.url)
    await eventually(async () => expect(await relayed.subscribed(listening.instance)).toBe(1))
    const signer = relayed.signer('orders')
    const busy = [503, 'ERR_RELAY_BUSY']
    const fence = await relayed.fence()
    expect(await ask(first.url, 'hints', { instance: fence.instance }, { signer })).toEqual(busy)
    relayed.redis.pause()
    const both = [1, 2].map(() => ask(first.url, 'fence', fence, { signer }))
    expect(await Promise.any(both)).toEqual(busy)
    relayed.redis.resume()
    await Promise.all(both)
  })

  test('does not exist at a gateway that trusts no service', async () => {
    await using redis = await startRedis()
    await using plain = await startGateway({ redisUrl: redis.url, services: {} })
    for (const call of RELAYED_CALLS) {
      expect(await ask(plain.url, call, {})).toEqual([404, 'ERR_RELAY_MISSING'])
    }
  })
})
