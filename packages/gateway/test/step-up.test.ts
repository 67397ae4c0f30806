import { eventually, type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { IdentityVerifier } from '../src/procedures/identity.ts'
import {
  type Credentials,
  createVisitor,
  credentials,
  newKeyspace,
  startGateway,
} from './support/start-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

let redis: RedisServer
let orders: Upstream
const start = (options: Partial<Parameters<typeof startGateway>[0]> = {}) =>
  startGateway({ redisUrl: redis.url, services: { orders: orders.url }, ...options })
const failsWith = (code: string) => ({ data: { portcullis: { code } } })
const ADA = { email: 'ada@example.com', password: 'portcullis' }
const copyOf = (url: string, { cookie }: { cookie: string }) =>
  Object.assign(createVisitor(url), { cookie })

beforeAll(async () => {
  redis = await startRedis()
  orders = await startUpstream('orders')
})
afterAll(async () => {
  await orders[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

describe('proving anew who one is', () => {
  test('gives the session another cookie, and the one before is refused at every gateway', async () => {
    const keyspace = newKeyspace()
    await using here = await start({ keyspace })
    await using elsewhere = await start({ keyspace })
    const ada = createVisitor(here.url)
    const before = await ada.signIn()
    const stolen = copyOf(elsewhere.url, ada)
    expect(await stolen.api.session.me.query()).toMatchObject({ session: before.id })
    const old = ada.cookie
    const { session, receipt } = await ada.api.session.reauthenticate.mutate(ADA)
    expect(receipt).toMatchObject({ level: 'pending' })
    expect(session).toMatchObject({
      current: true,
      device: before.device,
      organization: 'org_acme',
    })
    expect(session.id).not.toBe(before.id)
    expect(ada.cookie).not.toBe(old)
    const thief = copyOf(here.url, { cookie: old })
    await expect(thief.api.session.me.query()).rejects.toMatchObject(
      failsWith('ERR_SESSION_RENEWED'),
    )
    await eventually(() =>
      expect(stolen.api.orders.headers.query()).rejects.toMatchObject(
        failsWith('ERR_SESSION_RENEWED'),
      ),
    )
    expect(await copyOf(elsewhere.url, ada).api.session.me.query()).toMatchObject({
      session: session.id,
    })
    expect(await ada.api.session.list.query()).toMatchObject([{ id: session.id }])
  })

  test('does not take the new cookie away when the old one comes late', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const late = copyOf(gateway.url, ada)
    await ada.api.session.reauthenticate.mutate(ADA)
    for (const call of [() => late.api.session.me.query(), () => late.api.orders.headers.query()]) {
      await expect(call()).rejects.toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE' } })
    }
    expect(late.setCookies).toEqual([])
  })

  test('says in the next principal when and how it was', async () => {
    const identity: IdentityVerifier<Credentials> = {
      input: credentials,
      verify: async () => ({ subject: 'usr_ada', methods: ['pwd'] }),
      reauthenticate: {
        input: z.object({ code: z.string() }),
        verify: async (_, { principal: { subject } }) => ({
          subject,
          methods: ['pwd', 'otp', 'mfa'],
          assurance: 'aal2',
        }),
      },
    }
    await using gateway = await start({ identity, adminAssurance: 'aal2' })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const first = await ada.api.session.me.query()
    expect(first).toMatchObject({ methods: ['pwd'], assurance: 'aal1' })
    const asAdmin = () => ada.api.admin.sessions.query({ subject: 'usr_grace' })
    await expect(asAdmin()).rejects.toMatchObject({
      data: { httpStatus: 403, portcullis: { code: 'ERR_ASSURANCE_REQUIRED', assurance: 'aal2' } },
    })
    const response = await fetch(`${gateway.url}/session.reauthenticate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: ada.cookie },
      body: '{"code":"123456"}',
    })
    expect(response.status).toBe(200)
    ada.cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    expect(await ada.api.session.me.query()).toMatchObject({
      subject: 'usr_ada',
      methods: ['pwd', 'otp', 'mfa'],
      assurance: 'aal2',
    })
    expect(await asAdmin()).toEqual([])
  })

  test('is refused without a session, with a wrong proof, or as somebody else; the session stays', async () => {
    await using gateway = await start()
    const ada = createVisitor(gateway.url)
    const reauthenticate = (input: Credentials) => ada.api.session.reauthenticate.mutate(input)
    await expect(reauthenticate(ADA)).rejects.toMatchObject(failsWith('ERR_SESSION_REQUIRED'))
    const { id } = await ada.signIn()
    for (const input of [
      { ...ADA, password: 'wrong' },
      { ...ADA, email: 'grace@example.com' },
    ]) {
      await expect(reauthenticate(input)).rejects.toMatchObject({
        data: { code: 'FORBIDDEN', portcullis: { code: 'ERR_PROOF_REFUSED' } },
      })
    }
    expect(await ada.api.session.me.query()).toMatchObject({ session: id })
  })

  test('is throttled by session, so that no other session or sign-in waits for it', async () => {
    await using gateway = await start({ signInThrottle: { failuresPerDevice: 3 } })
    const stolen = createVisitor(gateway.url)
    const own = createVisitor(gateway.url)
    await stolen.signIn()
    await own.signIn()
    const wrong = { ...ADA, password: 'wrong' }
    for (let guess = 0; guess < 3; guess++) {
      await expect(stolen.api.session.reauthenticate.mutate(wrong)).rejects.toMatchObject(
        failsWith('ERR_PROOF_REFUSED'),
      )
    }
    const looked = gateway.verified()
    await expect(stolen.api.session.reauthenticate.mutate(ADA)).rejects.toMatchObject(
      failsWith('ERR_THROTTLED'),
    )
    expect(gateway.verified()).toBe(looked)
    await own.api.session.reauthenticate.mutate(ADA)
    await createVisitor(gateway.url).signIn()
  })

  test('a session that ends while it is being proved does not begin again', async () => {
    const checking = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    let isFirst = true
    const identity: IdentityVerifier<Credentials> = {
      input: credentials,
      async verify() {
        if (!isFirst) asked.resolve()
        if (!isFirst) await checking.promise
        isFirst = false
        return { subject: 'usr_ada', methods: ['pwd'] }
      },
    }
    await using gateway = await start({ identity })
    const ada = createVisitor(gateway.url)
    await ada.signIn()
    const proving = ada.api.session.reauthenticate.mutate(ADA)
    const refused = expect(proving).rejects.toMatchObject(failsWith('ERR_SESSION_REVOKED'))
    await asked.promise
    await gateway.gateway.revoke({ subject: 'usr_ada' }, { reason: 'stolen' })
    checking.resolve()
    await refused
    expect(await ada.api.session.me.query()).toBeNull()
  })
})

test('half a proof tells of the second factor, counts as nothing, and starts no session', async () => {
  const identity: IdentityVerifier<Credentials> = {
    input: credentials,
    verify: async ({ password }) => (password === 'portcullis' ? { needs: 'second-factor' } : null),
  }
  await using gateway = await start({ identity, signInThrottle: { failuresPerAccount: 2 } })
  const ada = createVisitor(gateway.url)
  for (let n = 0; n < 4; n++) {
    await expect(ada.signIn()).rejects.toMatchObject({
      data: { httpStatus: 403, portcullis: { code: 'ERR_SECOND_FACTOR_REQUIRED' } },
    })
  }
  await expect(ada.api.session.signIn.mutate({ ...ADA, password: 'wrong' })).rejects.toMatchObject(
    failsWith('ERR_SIGN_IN_REFUSED'),
  )
  expect(ada.setCookies).toEqual([])
})
