import { AT_LEAST_HEADER, formatPosition } from '@portcullis/context'
import { createClaimsPublisher } from '@portcullis/revocation'
import { type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createVisitor, newKeyspace, SECRET, startGateway } from './support/start-gateway.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis?.[Symbol.asyncDispose]())

const subject = 'usr_ada'
const cause = 'test'

/** A gateway, and claims of which each version is its own plan. */
async function start() {
  const keyspace = newKeyspace()
  const shared = { redisUrl: redis.url, keyspace }
  const owned = new AsyncDisposableStack()
  const publisher = createClaimsPublisher({ ...shared, name: 'accounts', pepper: SECRET })
  owned.use(publisher)
  let version = 1
  const load = async () => ({
    ...{ version, roles: [], permissions: [], memberships: {} },
    custom: { plan: `plan-${version}` },
  })
  const gateway = owned.use(await startGateway({ ...shared, services: {}, claims: { load } }))
  const ada = createVisitor(gateway.url)
  await ada.signIn()
  return {
    /** What is known of the person when the request asks for a place in the log. */
    async ask(atLeast: string) {
      const headers = { cookie: ada.cookie, [AT_LEAST_HEADER]: atLeast }
      const response = await fetch(`${gateway.url}/session.me`, { headers })
      const body = (await response.json()) as {
        result?: { data: { custom: { plan: string } } }
        error?: { data: { portcullis: { code: string } } }
      }
      const code = body.error?.data.portcullis.code
      return { status: response.status, said: code ?? body.result?.data.custom.plan }
    },
    async change() {
      version += 1
      const id = `chg_${version}`
      const { position } = await publisher.publish({ subject, version, id, cause })
      return { position, plan: `plan-${version}` }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('a request that asks for a change is decided by it, though nobody has waited for it', async () => {
  await using gateway = await start()
  for (let n = 0; n < 50; n += 1) {
    const { position, plan } = await gateway.change()
    expect(await gateway.ask(formatPosition(position))).toEqual({ status: 200, said: plan })
  }
})

test('a place that the log has not come to is refused, not guessed', async () => {
  await using gateway = await start()
  const { position } = await gateway.change()
  const ahead = formatPosition({ ...position, seq: position.seq + 1_000 })
  expect(await gateway.ask(ahead)).toEqual({ status: 503, said: 'ERR_UNVERIFIABLE' })
  const other = formatPosition({ ...position, epoch: position.epoch + 1 })
  expect(await gateway.ask(other)).toEqual({ status: 503, said: 'ERR_UNVERIFIABLE' })
})

test('what is no place is refused', async () => {
  await using gateway = await start()
  const refused = { status: 400, said: 'ERR_HEADERS_INVALID' }
  for (const text of ['soon', '1', '1.2, 1.3', '-1.2']) {
    expect(await gateway.ask(text)).toEqual(refused)
  }
})
