import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordSubjectChange } from '../src/claims/record-change.ts'
import { outbox as outboxTable } from '../src/database/schema.ts'
import {
  ADA,
  GRACE,
  HangingPublisher,
  LINUS,
  ObedientEnforcer,
  openChanges,
  openTestDatabase,
  RecordingPublisher,
  type SeededAccounts,
  startSeeded,
  ThrowingPublisher,
} from './accounts-fixture.ts'

let accounts: SeededAccounts
beforeAll(async () => {
  accounts = await startSeeded()
})
beforeEach(() => accounts.reset())
afterAll(() => accounts[Symbol.asyncDispose]())

const upTo = (version: number) => Array.from({ length: version - 1 }, (_, index) => index + 2)

/** Changes nothing but the version: what matters here is the way out. */
const raise = (subject: typeof GRACE) =>
  accounts.database.transaction((tx) =>
    recordSubjectChange(tx, { subject, cause: 'member.role-changed' }),
  )

describe('publishing after commit', () => {
  it('announces concurrent changes of one subject each once and in the order of versions', async () => {
    const publisher = new RecordingPublisher()
    const { members } = openChanges(accounts.database, { publisher, publishTimeoutMs: 20_000 })
    const roles = ['admin', 'member'] as const
    const changes = Array.from({ length: 12 }, (_, index) =>
      members.setRole(ADA, { subject: GRACE, role: roles[index % 2] ?? 'member' }),
    )
    const versions = (await Promise.all(changes)).map(({ version }) => version)
    expect(publisher.versionsOf(GRACE)).toEqual(upTo(Math.max(...versions)))
  })

  it('a change commits without Redis and says that it is not announced', async () => {
    const away = openChanges(accounts.database, { publisher: new ThrowingPublisher() })
    const change = await away.members.setRole(ADA, { subject: GRACE, role: 'admin' })
    expect(change).toEqual({
      subject: GRACE,
      version: 2,
      propagated: 'indeterminate',
      atLeast: null,
    })

    const publisher = new RecordingPublisher()
    const back = openChanges(accounts.database, { publisher })
    expect(await back.outbox.replay({ limit: 10 })).toEqual({ published: 1, remaining: 0 })
    expect(publisher.announced).toMatchObject([
      { subject: GRACE, version: 2, cause: 'member.role-changed' },
    ])
  })

  it('a publication that never returns holds up neither the change nor the database', async () => {
    const publisher = new HangingPublisher()
    const { members } = openChanges(accounts.database, { publisher, publishTimeoutMs: 20 })
    const first = await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    const second = await members.setRole(ADA, { subject: GRACE, role: 'member' })
    expect([first, second]).toMatchObject([
      { propagated: 'indeterminate' },
      { propagated: 'indeterminate' },
    ])
  })

  it('the next change brings an earlier one that was left behind, first', async () => {
    const away = openChanges(accounts.database, { publisher: new ThrowingPublisher() })
    await away.members.setRole(ADA, { subject: GRACE, role: 'admin' })
    const publisher = new RecordingPublisher()
    const back = openChanges(accounts.database, { publisher })
    const change = await back.members.setRole(ADA, { subject: GRACE, role: 'member' })
    expect(change.propagated).toBe('enforced')
    expect(publisher.versionsOf(GRACE)).toEqual([2, 3])
  })

  it('does not claim to have announced what a backlog still holds', async () => {
    for (let n = 0; n < 25; n++) await raise(GRACE)
    const publisher = new RecordingPublisher()
    const { members, outbox } = openChanges(accounts.database, { publisher })
    const change = await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    expect(change).toMatchObject({ version: 27, propagated: 'indeterminate' })
    expect((await outbox.replay({ limit: 100 })).remaining).toBe(0)
    expect(publisher.versionsOf(GRACE)).toEqual(upTo(27))
  })
})

describe('what a change answers', () => {
  it('is that nobody decides on older claims any more, by a receipt for its own event', async () => {
    const enforcer = new ObedientEnforcer()
    const publisher = new RecordingPublisher()
    const { members } = openChanges(accounts.database, { publisher, enforcer })
    const change = await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    expect(change.propagated).toBe('enforced')
    expect(publisher.originators).toEqual([enforcer.instance])
    const [{ id } = { id: '' }] = publisher.announced
    expect(enforcer.asked.at(-1)).toMatchObject({ id, position: { epoch: 1 } })
  })

  it('is pending, a lease later, when an instance stays silent', async () => {
    const enforcer = new ObedientEnforcer()
    enforcer.levels = { majority: 'pending', enforced: null }
    const publisher = new RecordingPublisher()
    const { members, outbox } = openChanges(accounts.database, { publisher, enforcer })
    const change = await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    expect(change.propagated).toBe('pending')
    expect(await outbox.replay({ limit: 10 })).toEqual({ published: 0, remaining: 0 })
  })

  it('is indeterminate while no majority is known to have it, and the outbox keeps it', async () => {
    const enforcer = new ObedientEnforcer()
    enforcer.levels = { majority: 'indeterminate', enforced: 'indeterminate' }
    const publisher = new RecordingPublisher()
    const { members, outbox } = openChanges(accounts.database, { publisher, enforcer })
    const change = await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    expect(change.propagated).toBe('indeterminate')
    const replay = outbox.replay({ limit: 10 })
    await expect(replay).rejects.toMatchObject({ code: 'ERR_PUBLISHER_UNAVAILABLE' })
    const back = openChanges(accounts.database, { publisher })
    expect(await back.outbox.replay({ limit: 10 })).toEqual({ published: 1, remaining: 0 })
    expect(publisher.versionsOf(GRACE)).toEqual([2])
  })

  it('is known of an event that another call has announced, and one that changes nothing', async () => {
    const enforcer = new ObedientEnforcer()
    const publisher = new RecordingPublisher()
    const { members, outbox } = openChanges(accounts.database, { publisher, enforcer })
    await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    const again = await outbox.publishAfterCommit({ subject: GRACE, version: 2 })
    expect([again, publisher.announced.length]).toEqual([
      { propagated: 'enforced', atLeast: '1.1' },
      1,
    ])
    expect(enforcer.asked.at(-1)?.position).toEqual(enforcer.asked[0]?.position)
    const same = await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    expect(same).toMatchObject({ version: 2, propagated: 'enforced' })
  })

  it('is about the history there is: an event of one that ended is announced once more', async () => {
    const enforcer = new ObedientEnforcer()
    enforcer.position = { epoch: 2, seq: 0 }
    const publisher = new RecordingPublisher()
    const { members } = openChanges(accounts.database, { publisher, enforcer })
    await members.setRole(ADA, { subject: GRACE, role: 'admin' })
    const ids = publisher.announced.map(({ id }) => id)
    expect(ids).toEqual([ids[0], `${ids[0]}.2`])
  })
})

describe('replay', () => {
  it('takes the oldest first, bounded, until nothing remains', async () => {
    for (const subject of [GRACE, LINUS, GRACE, LINUS, GRACE]) await raise(subject)
    const publisher = new RecordingPublisher()
    const { outbox } = openChanges(accounts.database, { publisher })
    expect(await outbox.replay({ limit: 2 })).toEqual({ published: 2, remaining: 3 })
    expect(publisher.announced).toMatchObject([{ subject: GRACE }, { subject: LINUS }])
    expect(await outbox.replay({ limit: 2 })).toEqual({ published: 2, remaining: 1 })
    expect(await outbox.replay({ limit: 2 })).toEqual({ published: 1, remaining: 0 })
    expect(await outbox.replay({ limit: 2 })).toEqual({ published: 0, remaining: 0 })
    expect(publisher.versionsOf(GRACE)).toEqual([2, 3, 4])
  })

  it('several at once, in several processes, announce each change once and in order', async () => {
    for (let n = 0; n < 30; n++) await raise(n % 3 === 0 ? LINUS : GRACE)
    const publisher = new RecordingPublisher()
    await using second = openTestDatabase(accounts.postgres)
    const outboxes = [accounts.database, second].map(
      (database) => openChanges(database, { publisher }).outbox,
    )
    const results = await Promise.all(
      [...outboxes, ...outboxes].map((outbox) => outbox.replay({ limit: 50 })),
    )
    expect(results.reduce((sum, { published }) => sum + published, 0)).toBe(30)
    expect(publisher.versionsOf(GRACE)).toEqual(upTo(21))
    expect(publisher.versionsOf(LINUS)).toEqual(upTo(11))
  })

  it('stops at the first failure and says so, and goes on from there', async () => {
    for (let n = 0; n < 4; n++) await raise(GRACE)
    const recording = new RecordingPublisher()
    const failing = {
      publish: (change: Parameters<RecordingPublisher['publish']>[0]) =>
        change.version === 4 ? Promise.reject(new Error('away')) : recording.publish(change),
    }
    const broken = openChanges(accounts.database, { publisher: failing }).outbox
    await expect(broken.replay({ limit: 10 })).rejects.toMatchObject({
      code: 'ERR_PUBLISHER_UNAVAILABLE',
    })
    expect(recording.versionsOf(GRACE)).toEqual([2, 3])
    const mended = openChanges(accounts.database, { publisher: recording }).outbox
    expect(await mended.replay({ limit: 10 })).toEqual({ published: 2, remaining: 0 })
    expect(recording.versionsOf(GRACE)).toEqual([2, 3, 4, 5])
  })

  it('leaves what was announced in a history that ended to the next one, whatever is proven since', async () => {
    for (const subject of [GRACE, LINUS]) await raise(subject)
    const failingOver = {
      publish: async ({ subject }: Parameters<RecordingPublisher['publish']>[0]) => {
        const position = subject === GRACE ? { epoch: 1, seq: 60 } : { epoch: 2, seq: 61 }
        return { position, nonce: 'n' }
      },
    }
    const during = openChanges(accounts.database, { publisher: failingOver }).outbox
    expect(await during.replay({ limit: 10 })).toEqual({ published: 1, remaining: 1 })
    const publisher = new RecordingPublisher()
    const since = openChanges(accounts.database, { publisher }).outbox
    expect(await since.replay({ limit: 10 })).toEqual({ published: 1, remaining: 0 })
    expect(publisher.announced).toMatchObject([{ subject: GRACE }])
  })

  it('prunes what was published long ago, never what was not', async () => {
    for (let n = 0; n < 4; n++) await raise(GRACE)
    const publisher = new RecordingPublisher()
    const { outbox } = openChanges(accounts.database, { publisher, retentionMs: 60_000 })
    await outbox.replay({ limit: 2 })
    const { statements } = accounts.database
    await statements.execute(sql`update accounts.outbox set created_at = now() - interval '1 y'`)
    await statements.execute(sql`update accounts.outbox set published_at = now() - interval '1 h'
      where version = 2`)
    await outbox.replay({ limit: 1 })
    const left = await statements.select({ version: outboxTable.version }).from(outboxTable)
    expect(left.map(({ version }) => version).toSorted()).toEqual([3, 4, 5])
  })
})
