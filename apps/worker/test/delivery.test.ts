import { createQueue } from '@portcullis/jobs'
import { createLogger } from '@portcullis/runtime'
import { eventually, findFreePort } from '@portcullis/testing'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import pg from 'pg'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { eventsDeliver } from '../src/delivery/deliver-job.ts'
import { eventKeysSchema } from '../src/delivery/event-keys.ts'
import { receiversSchema } from '../src/delivery/receiver.ts'
import { type Request, startReceiver } from './receiver-server.ts'
import { type SetReceiver, startSetReceiver } from './set-receiver.ts'
import { startTrail } from './trail.ts'

const LONG = { timeoutMs: 30_000 }
const ISSUER = 'https://id.example'
const AUDIENCE = 'https://partner.example'
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

type Trail = Awaited<ReturnType<typeof startTrail>>

it('every event arrives as a token that its receiver can verify, and says what happened to whom', async () => {
  await using trail = await startTrail()
  await using partner = await startPartner()
  await using worker = await startTelling(trail, partner)
  await trail.publish({ id: 'chg_1', actor: 'usr_ada', cause: 'member.role-changed' })
  await trail.publish({ id: 'chg_2', actor: 'usr_bob', cause: 'credential.changed' })
  await trail.publish({ id: 'chg_3', cause: 'user.suspended' })
  await arrived(partner, 3)

  expect(partner.refused).toEqual([])
  const told = partner.tokens.map(({ events }) => Object.entries(events).flat())
  const caep = 'https://schemas.openid.net/secevent/caep/event-type/'
  expect(told).toEqual([
    [`${caep}token-claims-change`, expect.objectContaining({ initiating_entity: 'admin' })],
    [
      `${caep}credential-change`,
      expect.objectContaining({
        initiating_entity: 'user',
        credential_type: 'password',
        change_type: 'update',
      }),
    ],
    [`${caep}session-revoked`, expect.objectContaining({ initiating_entity: 'system' })],
  ])
  expect(partner.tokens.map(({ txn }) => txn)).toEqual(['chg_1', 'chg_2', 'chg_3'])
  expect(partner.tokens[0]?.sub_id).toEqual({ format: 'iss_sub', iss: ISSUER, sub: 'usr_bob' })
  expect(jtisOf(partner)).toEqual(await eventIdsOf(trail, worker.url))
})

it('what a receiver fails to take arrives in the order of the log when it is back, once per effect', async () => {
  await using trail = await startTrail()
  await using partner = await startPartner()
  const seen: Request[] = []
  await using other = await startReceiver(async (request) => {
    seen.push(request)
    return { status: 204 }
  })
  await using worker = await startTelling(trail, partner, { timeoutMs: 300 }, [
    webhookAt(other.url),
  ])
  for (const fails of [{ status: 503 }, 'silent'] as const) {
    partner.fails = fails
    const before = partner.requests
    await trail.publish({ id: `chg_${JSON.stringify(fails)}`.replace(/\W/g, '_') })
    await eventually(() => expect(partner.requests).toBeGreaterThan(before), LONG)
  }
  await partner.close()
  await publishMany(trail, 30)
  // Nobody waits for it, and the queue does not fill.
  await eventually(() => expect(seen.length).toBe(32), LONG)
  expect(await underWay(trail)).toBe(1)
  expect(partner.tokens).toEqual([])
  const [view] = await worker.operations.receivers.list.query()
  expect(view).toMatchObject({ name: 'partner', pending: 1, failure: expect.any(String) })

  partner.fails = undefined
  await partner.open()
  await arrived(partner, 32)
  expect(partner.refused).toEqual([])
  expect([...partner.effects.keys()]).toEqual(await eventIdsOf(trail, worker.url))
  expect(await worker.metrics()).toMatch(
    /portcullis_deliveries_total\{receiver="partner",outcome="failed"\} [1-9]/,
  )
}, 90_000)

it('what is refused for good or too old is a dead letter, holds nothing up, and is sent again when it is asked for', async () => {
  await using trail = await startTrail()
  await using partner = await startPartner()
  await using worker = await startTelling(trail, partner, { maxAgeMs: 1_500 })
  partner.fails = { status: 400, err: 'invalid_request' }
  await trail.publish({ id: 'chg_refused' })
  await letters(worker, 1)
  partner.fails = { status: 500 }
  await trail.publish({ id: 'chg_old' })
  await letters(worker, 2)
  partner.fails = undefined
  await trail.publish({ id: 'chg_taken' })
  await arrived(partner, 1)

  const dead = await letters(worker, 2)
  expect(dead.map(({ failure }) => failure)).toEqual([
    expect.stringContaining('500'),
    expect.stringContaining('400 invalid_request'),
  ])
  for (const { job, id } of dead) await worker.operations.deadLetters.retry.mutate({ job, id })
  await arrived(partner, 3)
  expect(new Set(partner.effects.keys())).toEqual(new Set(await eventIdsOf(trail, worker.url)))
  await letters(worker, 0)
}, 60_000)

it('a job that is run twice at once sends the same token twice, and one that is run later sends nothing', async () => {
  await using trail = await startTrail()
  const bodies: string[] = []
  const both = Promise.withResolvers<void>()
  await using partner = await startReceiver(async ({ body }) => {
    bodies.push(body)
    if (bodies.length === 2) both.resolve()
    await both.promise
    return { status: 202 }
  })
  await using worker = await startTelling(trail, partner, { inFlight: 2 })
  await using queue = await openQueue(trail)
  await trail.publish({ id: 'chg_1' })
  await eventually(() => expect(bodies.length).toBe(1), LONG)
  const { entries } = await trail.clientOf(worker.url).list.query({ change: 'chg_1' })
  const again = { receiver: 'partner', number: Number(entries[0]?.number) }
  await queue.add(again, { id: 'beside' })
  await eventually(() => expect(bodies.length).toBe(2), LONG)
  expect(bodies[1]).toBe(bodies[0])

  await queue.add(again, { id: 'later' })
  await eventually(async () => expect(await underWay(trail)).toBe(0), LONG)
  expect(bodies.length).toBe(2)
})

it('everything after a place in the trail is told again under the same ids', async () => {
  await using trail = await startTrail()
  await using partner = await startPartner()
  await using worker = await startTelling(trail, partner)
  await publishMany(trail, 5)
  await arrived(partner, 5)
  const { entries } = await trail.clientOf(worker.url).list.query({ change: 'chg_1' })
  const after = entries[0]?.number ?? ''
  await worker.operations.receivers.replay.mutate({ receiver: 'partner', after })
  await eventually(() => expect(partner.tokens.length).toBe(8), LONG)
  const jtis = jtisOf(partner)
  expect(jtis.slice(5)).toEqual(jtis.slice(2, 5))
  expect(partner.effects.size).toBe(5)
  await expect(
    worker.operations.receivers.replay.mutate({ receiver: 'nobody', after: '0' }),
  ).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } })
})

it('a receiver is not put ahead of the trail, where it would be told nothing any more', async () => {
  await using trail = await startTrail()
  await using partner = await startPartner()
  await using worker = await startTelling(trail, partner)
  await trail.publish({ id: 'chg_1' })
  await arrived(partner, 1)
  const { receivers } = worker.operations
  const { entries } = await trail.clientOf(worker.url).list.query({ limit: 1 })
  const newest = Number(entries[0]?.number)
  await expect(
    receivers.replay.mutate({ receiver: 'partner', after: String(newest + 1) }),
  ).rejects.toMatchObject({ data: { code: 'BAD_REQUEST' } })
  await receivers.replay.mutate({ receiver: 'partner', after: String(newest) })
  await trail.publish({ id: 'chg_2' })
  await arrived(partner, 2)
  expect(partner.tokens).toHaveLength(2)
})

it('what a receiver that was taken out had not taken is given up in the end, and it is not measured any more', async () => {
  await using trail = await startTrail()
  await using partner = await startPartner()
  partner.fails = { status: 503 }
  const before = await startTelling(trail, partner)
  await trail.publish({ id: 'chg_1' })
  await eventually(() => expect(partner.requests).toBeGreaterThan(0), LONG)
  await before[Symbol.asyncDispose]()

  const receivers = receiversSchema.parse([webhookAt(partner.url)])
  await using worker = await trail.startWorker({ delivery: { receivers } })
  await eventually(async () => {
    expect(await worker.metrics()).toContain(
      'portcullis_delivery_oldest_seconds{receiver="hooked"}',
    )
  }, LONG)
  expect(await worker.metrics()).not.toContain('{receiver="partner"}')
  expect(await underWay(trail)).toBe(1)
  const database = new pg.Client(trail.postgres.url)
  await database.connect()
  await database.query(`update delivery.deliveries set due_at = now() - interval '31 days'`)
  await database.end()
  const [letter] = await letters(worker, 1)
  expect(letter?.failure).toContain('not configured')
  expect(await underWay(trail)).toBe(0)
})

it('a receiver is told of everything in order, though the worker was killed in the middle and the queues were emptied', async () => {
  await using trail = await startTrail()
  let jwksUrl = ''
  await using partner = await startPartner(() => jwksUrl)
  const keysPort = await findFreePort()
  jwksUrl = `http://127.0.0.1:${keysPort}/jwks.json`
  const environment = {
    EVENT_RECEIVERS: JSON.stringify([setAt(partner.url)]),
    EVENT_ISSUER: ISSUER,
    EVENT_KEYS: JSON.stringify({ keys: [await generateKey()] }),
    EVENT_KEYS_PORT: String(keysPort),
    JOB_LOCK_MS: '1000',
  }
  const total = 120
  await using victim = await trail.startWorkerProcess(environment)
  const publishing = publishMany(trail, total)
  await eventually(() => expect(partner.tokens.length).toBeGreaterThan(10), LONG)
  await victim.kill()
  await trail.emptyQueues()
  await using worker = await trail.startWorkerProcess(environment)
  await publishing
  await arrived(partner, total)
  expect(partner.refused).toEqual([])
  expect([...partner.effects.keys()]).toEqual(await eventIdsOf(trail, worker.url))
}, 90_000)

it('a webhook is signed with each of its secrets, as the reference library verifies it', async () => {
  await using trail = await startTrail()
  const seen: Request[] = []
  await using hooked = await startReceiver(async (request) => {
    seen.push(request)
    return { status: 200, body: 'x'.repeat(100_000) }
  })
  const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`
  const webhook = { ...webhookAt(hooked.url), secrets: [SECRET, other], authorization: 'Bearer x' }
  await using _ = await trail.startWorker({
    delivery: { receivers: receiversSchema.parse([webhook]) },
  })
  await trail.publish({ id: 'chg_1', actor: 'usr_ada' })
  await eventually(() => expect(seen.length).toBe(1), LONG)
  const [{ headers, body } = { headers: {}, body: '' }] = seen
  const signed = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
      name,
      String(headers[name]),
    ]),
  )
  for (const secret of [SECRET, other]) {
    expect(new Webhook(secret).verify(body, signed)).toMatchObject({
      type: 'claims.changed',
      data: { event: headers['webhook-id'], subject: 'usr_bob', actor: 'usr_ada', change: 'chg_1' },
    })
  }
  expect(() => new Webhook(SECRET).verify(`${body} `, signed)).toThrow()
  expect(headers.authorization).toBe('Bearer x')
})

async function generateKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg: 'RS256', kid: await calculateJwkThumbprint(jwk) }
}

const setAt = (url: string) => ({ kind: 'set', name: 'partner', url, audience: AUDIENCE })
const webhookAt = (url: string) => ({ kind: 'webhook', name: 'hooked', url, secrets: [SECRET] })

/** @param jwksUrl Where the worker that tells it has its keys; known once that has started. */
function startPartner(jwksUrl = () => partnerKeys.url) {
  return startSetReceiver({ issuer: ISSUER, audience: AUDIENCE, jwksUrl })
}
const partnerKeys = { url: '' }

async function startTelling(
  trail: Trail,
  partner: Pick<SetReceiver, 'url'>,
  more: object = {},
  others: object[] = [],
) {
  const receivers = receiversSchema.parse([{ ...setAt(partner.url), ...more }, ...others])
  const { keys } = eventKeysSchema.parse({ keys: [await generateKey()] })
  const worker = await trail.startWorker({
    delivery: { receivers, issuing: { issuer: ISSUER, keys } },
  })
  partnerKeys.url = `${worker.keysUrl}/jwks.json`
  return worker
}

async function publishMany(trail: Trail, total: number) {
  for (let i = 0; i < total; i += 1) await trail.publish({ id: `chg_${i}` })
}

const arrived = (partner: SetReceiver, total: number) =>
  eventually(() => expect(partner.effects.size).toBe(total), LONG)

const jtisOf = ({ tokens }: SetReceiver) => tokens.map(({ jti }) => jti)

/** Of what is told, in the order of the log. */
async function eventIdsOf(trail: Trail, url: string) {
  const { entries } = await trail.clientOf(url).list.query({ order: 'oldest', limit: 500 })
  return entries.flatMap(({ kind, event }) => (kind === 'audit.began' ? [] : [event]))
}

type Worker = Awaited<ReturnType<Trail['startWorker']>>

const letters = (worker: Worker, total: number) =>
  eventually(async () => {
    const all = await worker.operations.deadLetters.list.query({})
    const dead = all.filter(({ job }) => job === eventsDeliver.name)
    expect(dead).toHaveLength(total)
    return dead
  }, LONG)

function openQueue({ jobsRedisUrl }: Trail) {
  const logger = createLogger({ name: 'test', level: 'silent' })
  const connection = { redisUrl: jobsRedisUrl, name: 'test', logger }
  return createQueue({ job: eventsDeliver, ...connection })
}

async function underWay(trail: Trail) {
  await using queue = await openQueue(trail)
  const { waiting, active, delayed } = await queue.count()
  return waiting + active + delayed
}
