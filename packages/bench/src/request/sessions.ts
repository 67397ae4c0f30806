import { createSessionStore, type SessionStore } from '@portcullis/sessions'
import type { Credentials } from './sign-in.ts'

/** Sessions of a gateway, started in Redis by somebody else. */
export interface Sessions {
  /** One for each connection, the same each time. */
  known(connection: number): readonly Credentials[]
  /** As many as requests, none of them given out before. */
  take(connection: number, requests: number): readonly Credentials[]
}

export interface SessionsOptions {
  readonly redisUrl: string
  readonly secret: string
  readonly connections: number
  /** How many can be taken. */
  readonly fresh: number
}

/** Sessions that are being started at once. */
const AT_ONCE = 200

export async function prepareSessions(options: SessionsOptions): Promise<Sessions> {
  const { redisUrl, secret, connections, fresh } = options
  await using store = await createSessionStore({
    redisUrl,
    name: 'login',
    pepper: secret,
    tokenKeys: [secret],
  })
  const known = await startSessions(store, 'known', connections)
  const untaken = await startSessions(store, 'fresh', fresh)
  return {
    known: (connection) => known.slice(connection, connection + 1),
    take(_connection, requests) {
      if (untaken.length < requests) throw new RangeError('not enough sessions were prepared')
      return untaken.splice(-requests)
    },
  }
}

/** Each of somebody else, since a person has few. */
async function startSessions(store: SessionStore, group: string, count: number) {
  const started: Credentials[] = []
  while (started.length < count) {
    const first = started.length
    const length = Math.min(AT_ONCE, count - first)
    const starts = Array.from({ length }, (_, n) => startSession(store, `usr_${group}${first + n}`))
    started.push(...(await Promise.all(starts)))
  }
  return started
}

async function startSession(store: SessionStore, subject: `usr_${string}`): Promise<Credentials> {
  const { token } = await store.start({ subject, methods: ['pwd'], organization: 'org_acme' })
  return { subject, headers: { cookie: `sid=${token}` } }
}
