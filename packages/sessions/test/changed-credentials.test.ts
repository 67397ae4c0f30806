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
