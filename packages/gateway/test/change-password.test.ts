import { createId } from '@portcullis/context'
import { type ClaimsPublisher, createClaimsPublisher } from '@portcullis/revocation'
import { eventually, type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityVerifier, PasswordChange } from '../src/procedures/identity.ts'
import {
  type Credentials,
  createVisitor,
  credentials,
  newKeyspace,
  SECRET,
  startGateway,
} from './support/start-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

let redis: RedisServer
let orders: Upstream
const failsWith = (code: string) => ({ data: { portcullis: { code } } })
const CHANGE: PasswordChange = { password: 'portcullis', newPassword: 'a long new password' }

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

type Change = NonNullable<IdentityVerifier<Credentials>['changePassword']>

/** Two gateways before one owner of passwords, who announces a change with the end of the other sessions. */
async function startTwo(
  then: (publisher: ClaimsPublisher) => Promise<boolean> = async () => true,
  onVerified: () => Promise<unknown> = async () => {},
) {
  const keyspace = newKeyspace()
  const owned = new AsyncDisposableStack()
  const publisher = owned.use(
    createClaimsPublisher({ redisUrl: redis.url, name: 'accounts', pepper: SECRET, keyspace }),
  )
  let password = CHANGE.password
  let version = 1
  const changePassword: Change = async (input, { principal: { subject, session } }) => {
    if (input.password !== password) return null
    if (input.newPassword.length < 15) return { needs: 'other-password' }
    password = input.newPassword
    version += 1
    const endsSessions = { except: session }
    const id = createId('chg')
    await publisher.publish({ subject, version, id, cause: 'credential.changed', endsSessions })
    return { subject, methods: ['pwd'], announced: await then(publisher) }
  }
  const identity: IdentityVerifier<Credentials> = {
    input: credentials,
    async verify(input) {
      if (input.password !== password) return null
      await onVerified()
      return { subject: 'usr_ada', methods: ['pwd'] }
    },
    changePassword,
  }
  const claims = {
    load: async () => ({ version, roles: [], permissions: [], memberships: {}, custom: {} }),
  }
  const start = async () =>
    owned.use(
      await startGateway({
        redisUrl: redis.url,
        services: { orders: orders.url },
        keyspace,
        identity,
        claims,
      }),
    )
  const gateways = { here: await start(), elsewhere: await start() }
  return { ...gateways, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

describe('changing the password', () => {
  test('ends the other sessions everywhere, and gives this one another cookie', async () => {
    await using two = await startTwo()
    const own = createVisitor(two.here.url)
    const stolen = createVisitor(two.elsewhere.url)
    const before = await own.signIn()
    await stolen.signIn()
    const old = own.cookie
    const changed = await own.api.session.changePassword.mutate(CHANGE)
    expect(changed).toMatchObject({ ended: 1, receipt: { level: 'enforced' } })
    expect(changed.session.id).not.toBe(before.id)
    expect(own.cookie).not.toBe(old)
    expect(await stolen.api.session.me.query()).toBeNull()
    expect(await own.api.session.me.query()).toMatchObject({ session: changed.session.id })
    expect(await own.api.session.list.query()).toMatchObject([{ id: changed.session.id }])
    const late = Object.assign(createVisitor(two.here.url), { cookie: old })
    await expect(late.api.session.me.query()).rejects.toMatchObject(
      failsWith('ERR_SESSION_RENEWED'),
    )
    await expect(own.signIn()).rejects.toMatchObject(failsWith('ERR_SIGN_IN_REFUSED'))
  })

  test('ends the other sessions though the gateway stops between the change and their end', async () => {
    await using two = await startTwo(() => Promise.reject(new Error('the connection broke')))
    const own = createVisitor(two.here.url)
    const stolen = createVisitor(two.elsewhere.url)
    const { id } = await own.signIn()
    await stolen.signIn()
    expect(await stolen.api.session.me.query()).not.toBeNull()
    await expect(own.api.session.changePassword.mutate(CHANGE)).rejects.toMatchObject(
      failsWith('ERR_SIGN_IN_UNAVAILABLE'),
    )
    await eventually(async () => expect(await stolen.api.session.me.query()).toBeNull())
    expect(await own.api.session.me.query()).toMatchObject({ session: id })
  })

  test('that is not announced yet leaves this session its cookie, for it would end with the others', async () => {
    await using two = await startTwo(async () => false)
    const own = createVisitor(two.here.url)
    const { id } = await own.signIn()
    const { cookie } = own
    expect(await own.api.session.changePassword.mutate(CHANGE)).toMatchObject({ session: { id } })
    expect(own.cookie).toBe(cookie)
    expect(await own.api.session.me.query()).toMatchObject({ session: id })
  })

  test('lets nobody in whose sign-in was verified before it and is heard of after it', async () => {
    let whenVerified: () => Promise<unknown> = async () => {}
    await using two = await startTwo(undefined, () => whenVerified())
    const own = createVisitor(two.here.url)
    const stolen = createVisitor(two.elsewhere.url)
    await own.signIn()
    whenVerified = () => own.api.session.changePassword.mutate(CHANGE)
    await expect(stolen.signIn()).rejects.toMatchObject(failsWith('ERR_SIGN_IN_UNAVAILABLE'))
    await expect(stolen.signIn()).rejects.toMatchObject(failsWith('ERR_SIGN_IN_REFUSED'))
    expect(await own.api.session.list.query()).toHaveLength(1)
    whenVerified = async () => {}
    const later = createVisitor(two.elsewhere.url)
    const input = { email: 'ada@example.com', password: CHANGE.newPassword }
    await later.api.session.signIn.mutate(input)
    expect(await later.api.session.me.query()).not.toBeNull()
  })

  test('is refused with a wrong password or one that is too short, and ends nothing', async () => {
    await using two = await startTwo()
    const own = createVisitor(two.here.url)
    const other = createVisitor(two.here.url)
    await own.signIn()
    await other.signIn()
    const { changePassword } = own.api.session
    await expect(changePassword.mutate({ ...CHANGE, password: 'x' })).rejects.toMatchObject(
      failsWith('ERR_PROOF_REFUSED'),
    )
    await expect(changePassword.mutate({ ...CHANGE, newPassword: 'x' })).rejects.toMatchObject({
      data: { httpStatus: 400, portcullis: { code: 'ERR_PASSWORD_REFUSED' } },
    })
    expect(await other.api.session.me.query()).not.toBeNull()
  })
})

test('without a way to change it there is no such procedure', async () => {
  await using gateway = await startGateway({
    redisUrl: redis.url,
    services: { orders: orders.url },
  })
  const ada = createVisitor(gateway.url)
  await ada.signIn()
  await expect(ada.api.session.changePassword.mutate(CHANGE)).rejects.toMatchObject(
    failsWith('ERR_SERVICE_UNKNOWN'),
  )
})
