import { startPostgres } from '@portcullis/testing'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../src/database/migrate.ts'
import { users } from '../src/database/schema.ts'
import { seedDemo } from '../src/demo/seed-demo.ts'
import { createPasswordHasher } from '../src/passwords/password-hasher.ts'
import {
  ADA,
  GRACE,
  openChanges,
  openTestDatabase,
  RecordingPublisher,
  type SeededAccounts,
  startSeeded,
} from './accounts-fixture.ts'

let accounts: SeededAccounts
beforeAll(async () => {
  accounts = await startSeeded()
})
afterAll(() => accounts[Symbol.asyncDispose]())

describe('migrate and seedDemo', () => {
  it('several processes that start at once on an empty database all succeed', async () => {
    await using postgres = await startPostgres()
    await using first = openTestDatabase(postgres)
    await using second = openTestDatabase(postgres)
    const passwords = await createPasswordHasher()
    await Promise.all(
      [first, second].map(async (database) => {
        await migrate(database)
        await seedDemo(database, passwords)
      }),
    )
    expect(await first.statements.select({ id: users.id }).from(users)).toHaveLength(3)
  })

  it('seeding again brings no ended membership back', async () => {
    const { database, passwords } = accounts
    const { members } = openChanges(database, { publisher: new RecordingPublisher() })
    await members.remove(ADA, { subject: GRACE })
    await seedDemo(database, passwords)
    const { rows } = await database.statements.execute(
      sql`select 1 from accounts.memberships where subject = ${GRACE}`,
    )
    expect(rows).toEqual([])
  })
})

describe('transaction', () => {
  it('leaves nothing behind when its work fails, and the connection usable', async () => {
    const { database } = accounts
    const failing = () =>
      database.transaction(async (tx) => {
        await tx.execute(sql`delete from accounts.users`)
        await tx.execute(sql`select 1 / 0`)
      })
    // More often than there are connections.
    for (let n = 0; n < 15; n++) await expect(failing()).rejects.toThrow()
    expect(await database.statements.select({ id: users.id }).from(users)).toHaveLength(3)
  })
})
