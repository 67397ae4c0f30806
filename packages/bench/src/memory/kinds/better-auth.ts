import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { redisStorage } from '@better-auth/redis-storage'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { Redis } from 'ioredis'
import type { Kind } from './keeping.ts'

export const betterAuthWithRedis: Kind = {
  name: 'Better Auth',
  note: 'Better Auth: with @better-auth/redis-storage as its secondaryStorage, sessions made by its internal adapter for users of its database. A session with a copy of its user, and a list of the sessions of each user. The address and the user agent, which it adds for a request, are left empty; it knows no organization and no methods without plugins.',

  async open(redisUrl, people) {
    const client = new Redis(redisUrl)
    const options = {
      baseURL: 'http://127.0.0.1',
      secret: randomBytes(32).toString('base64url'),
      database: new DatabaseSync(':memory:'),
      secondaryStorage: redisStorage({ client }),
      telemetry: { enabled: false },
    }
    await (await getMigrations(options)).runMigrations()
    const { internalAdapter } = await betterAuth(options).$context
    const users = Array.from({ length: people }, () => undefined as string | undefined)

    async function userOf(person: number): Promise<string> {
      const known = users[person]
      if (known !== undefined) return known
      const email = `person-${person}@example.com`
      const { id } = await internalAdapter.createUser(
        { email, name: 'Ada Lovelace' },
        { method: 'email-password' },
      )
      users[person] = id
      return id
    }

    return {
      start: async (person) => internalAdapter.createSession(await userOf(person)),
      async [Symbol.asyncDispose]() {
        client.disconnect()
        options.database.close()
      },
    }
  },
}
