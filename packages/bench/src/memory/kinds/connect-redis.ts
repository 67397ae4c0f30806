import { randomBytes } from 'node:crypto'
import { createId } from '@portcullis/context'
import { RedisStore } from 'connect-redis'
import { Cookie, type SessionData } from 'express-session'
import { createClient } from 'redis'
import { ORGANIZATION } from '../../population/people.ts'
import type { Kind } from './keeping.ts'

declare module 'express-session' {
  interface SessionData {
    /** What a session of Portcullis knows besides. */
    person?: {
      readonly id: string
      readonly organization: string
      readonly methods: readonly string[]
      readonly assurance: string
      readonly startedAt: number
      readonly seenAt: number
      readonly device: string
    }
  }
}

const DAY_MS = 24 * 3_600_000
/** Of an id as express-session makes one. */
const ID_BYTES = 24

export const connectRedis: Kind = {
  name: 'connect-redis',
  note: 'connect-redis: the session object of express-session with the same facts in it, as its RedisStore writes it. Nothing says which sessions a person has.',

  async open(redisUrl, people) {
    const client = createClient({ url: redisUrl })
    await client.connect()
    const store = new RedisStore({ client })
    const ids = Array.from({ length: people }, () => createId('usr'))
    return {
      start: (person) => store.set(sessionId(), sessionOf(ids[person] ?? createId('usr'))),
      async [Symbol.asyncDispose]() {
        client.destroy()
      },
    }
  },
}

const sessionId = () => randomBytes(ID_BYTES).toString('base64url')

function sessionOf(id: string): SessionData {
  const cookie = new Cookie()
  cookie.maxAge = DAY_MS
  cookie.secure = true
  cookie.sameSite = 'strict'
  const now = Date.now()
  const times = { startedAt: now, seenAt: now }
  const proof = { methods: ['pwd', 'otp'], assurance: 'aal1' }
  return {
    cookie,
    person: { id, organization: ORGANIZATION, ...proof, ...times, device: 'browser' },
  }
}
