import { createClaimsPublisher } from '@portcullis/revocation'
import { expect, test } from 'vitest'
import { PEPPER, startStores } from './harness.ts'

const ada = { subject: 'usr_ada', methods: ['pwd'] } as const

async function startChanging() {
  const owned = new AsyncDisposableStack()
  const stores = owned.use(await startStores())
  const store = owned.use(await stores.open())
  const publisher = owned.use(
    createClaimsPublisher({ redisUrl: stores.redis.url, name: 'accounts', pepper: PEPPER }),
  )
  let version = 1
  const change = (except: `ses_${string}`, id = `chg_${version}`) => {
    version += 1
    const endsSessions = { except }
    return publisher.publish({ subject: 'usr_ada', version, id, cause: 'test', endsSessions })
  }
  return { store, publisher, change, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('sessions from before a change of credentials are over, though nobody ended them', async () => {
  await using changing = await startChanging()
  const { store, change } = changing
  const own = await store.start(ada)
  const stolen = await store.start(ada)
  const grace = await store.start({ ...ada, subject: 'usr_grace' })
  await change(own.session.id)
  expect(await store.load(stolen.token)).toBeNull()
  expect(await store.lookUpById(stolen.session.id)).toMatchObject({ session: null })
  expect(await store.load(own.token)).not.toBeNull()
  expect(await store.load(grace.token)).not.toBeNull()
  const later = await store.start(ada)
  await change(own.session.id, 'chg_1')
  expect(await store.load(later.token)).not.toBeNull()
})

test('what was proved before a change of credentials starts no session after it', async () => {
  await using changing = await startChanging()
  const { store, change } = changing
  const { session, position: begins } = await store.start(ada)
  const started = await store.start({ ...ada, begins })
  expect(await store.load(started.token)).not.toBeNull()
  await change(session.id)
  expect(await store.load(started.token)).toBeNull()
  await expect(store.start({ ...ada, begins })).rejects.toMatchObject({
    code: 'ERR_SESSION_OVERTAKEN',
  })
  const { position } = await store.start(ada)
  const fair = await store.start({ ...ada, begins: position })
  expect(await store.load(fair.token)).not.toBeNull()
})

test('what was proved before everyone, or an organization, was signed out starts no session after it', async () => {
  await using changing = await startChanging()
  const { store } = changing
  const { position: begins } = await store.start(ada)
  const inAcme = { ...ada, organization: 'org_acme' } as const
  const { position: since } = await store.revoke({ organization: 'org_acme' }, { cause: 'test' })
  const overtaken = { code: 'ERR_SESSION_OVERTAKEN' }
  await expect(store.start({ ...inAcme, begins })).rejects.toMatchObject(overtaken)
  expect((await store.start({ ...ada, begins })).session.organization).toBeNull()
  expect((await store.start({ ...inAcme, begins: since })).session.organization).toBe('org_acme')
  await store.revoke({ everyone: true }, { cause: 'test' })
  await expect(store.start({ ...ada, begins: since })).rejects.toMatchObject(overtaken)
})

test('what was proved in a history that ended is before all that is said in this one', async () => {
  await using changing = await startChanging()
  const { store, change } = changing
  const { session, position } = await store.start(ada)
  const begins = { epoch: position.epoch - 1, seq: 1_000 }
  const started = await store.start({ ...ada, begins })
  expect(await store.load(started.token)).not.toBeNull()
  await change(session.id)
  expect(await store.load(started.token)).toBeNull()
  const later = { epoch: position.epoch + 1, seq: 0 }
  for (const of of [begins, later]) {
    await expect(store.start({ ...ada, begins: of })).rejects.toMatchObject({
      code: 'ERR_SESSION_OVERTAKEN',
    })
  }
})

test('the session that is kept stays under a new secret only if it begins anew', async () => {
  await using changing = await startChanging()
  const { store, change } = changing
  const [a, b] = [await store.start(ada), await store.start(ada)]
  await change(a.session.id)
  const anew = await store.renew(a.session.id, { ...ada, beginsAnew: true })
  expect(await store.load(anew.token)).not.toBeNull()
  expect(await store.load(a.token)).toBeNull()
  await change(anew.session.id)
  const merely = await store.renew(anew.session.id, ada)
  expect(await store.load(merely.token)).toBeNull()
  expect(await store.load(b.token)).toBeNull()
})

test('a change of claims that ends no session leaves those that are over as they are', async () => {
  await using changing = await startChanging()
  const { store, publisher, change } = changing
  const [own, stolen] = [await store.start(ada), await store.start(ada)]
  await change(own.session.id)
  await publisher.publish({ subject: 'usr_ada', version: 9, id: 'chg_plain', cause: 'test' })
  expect(await store.load(stolen.token)).toBeNull()
  expect(await store.load(own.token)).not.toBeNull()
})
