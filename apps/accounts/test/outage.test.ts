import { eventually, startTcpProxy } from '@portcullis/testing'
import { expect, it } from 'vitest'
import { refusalOf, startRunning } from './running-accounts.ts'

it('with Redis away a change commits, is not announced, and is brought by the replay', async () => {
  // Long enough for two changes on a machine that has other things to do.
  await using accounts = await startRunning({ publishTimeoutMs: 300, leaseMs: 10_000 })
  const ada = await accounts.as('usr_ada')
  const worker = await accounts.by('worker')

  accounts.redis.pause()
  const first = await ada.members.setRole.mutate({ subject: 'usr_grace', role: 'admin' })
  const second = await ada.members.setRole.mutate({ subject: 'usr_grace', role: 'member' })
  expect([first, second]).toMatchObject([
    { version: 2, propagated: 'indeterminate' },
    { version: 3, propagated: 'indeterminate' },
  ])
  accounts.redis.resume()

  await eventually(async () =>
    expect((await worker.internal.publishOutbox.mutate({ limit: 100 })).remaining).toBe(0),
  )
  const ofGrace = () => accounts.events.filter(({ subject }) => subject === 'usr_grace')
  await eventually(() => expect(ofGrace()).toHaveLength(2))
  expect(await worker.internal.publishOutbox.mutate({ limit: 100 })).toEqual({
    published: 0,
    remaining: 0,
  })
  expect(ofGrace()).toHaveLength(2)
})

it('with Postgres away calls are refused with a code, and served when it is back', async () => {
  await using accounts = await startRunning()
  await using proxy = await startTcpProxy({ target: accounts.databaseUrl })
  await using instance = await accounts.start({ databaseUrl: proxy.url })
  const ada = await accounts.as('usr_ada', {}, instance.url)
  const change = () => ada.members.setRole.mutate({ subject: 'usr_grace', role: 'member' })
  expect(await ada.me.query()).toMatchObject({ subject: 'usr_ada' })

  proxy.cut()
  // More often than there are connections: none may be lost for good.
  for (let n = 0; n < 15; n++) {
    expect(await refusalOf(ada.me.query())).toEqual([503, 'ERR_DATABASE_UNAVAILABLE'])
    expect(await refusalOf(change())).toEqual([503, 'ERR_DATABASE_UNAVAILABLE'])
  }
  expect((await fetch(`${instance.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${instance.url}/healthz`)).status).toBe(200)

  proxy.heal()
  expect(await ada.me.query()).toMatchObject({ subject: 'usr_ada' })
  expect(await change()).toMatchObject({ propagated: 'enforced' })
})
