import { eventually } from '@portcullis/testing'
import { expect, it } from 'vitest'
import { startRunning } from './running-accounts.ts'

it('with Redis away a change commits, is not announced, and is brought by the replay', async () => {
  await using accounts = await startRunning({ publishTimeoutMs: 300 })
  const ada = await accounts.as('usr_ada')
  const worker = await accounts.by('worker')

  accounts.redis.pause()
  const first = await ada.members.setRole.mutate({ subject: 'usr_grace', role: 'admin' })
  const second = await ada.members.setRole.mutate({ subject: 'usr_grace', role: 'member' })
  expect([first, second]).toMatchObject([
    { version: 2, propagated: false },
    { version: 3, propagated: false },
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
