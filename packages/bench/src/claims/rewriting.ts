import { startRedis } from '@portcullis/testing'
import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import { createClient } from 'redis'
import { inTurns } from '../population/in-turns.ts'

/** What it takes to put a changed role into every session of express-session, kept by connect-redis. */
export interface Rewriting {
  readonly sessions: number
  readonly commands: number
  readonly ms: number
}

/** Sessions that are read and written at once. */
const AT_ONCE = 200

declare module 'express-session' {
  interface SessionData {
    user?: { id: string; role: string; permissions: string[] }
  }
}

export async function rewriteSessions(sessions: number): Promise<Rewriting> {
  await using redis = await startRedis()
  const client = createClient({ url: redis.url })
  await client.connect()
  try {
    const store = new RedisStore({ client })
    await inTurns(sessions, AT_ONCE, (n) => store.set(`s${n}`, sessionOf(n, [])))
    const before = await commandsProcessed(client)
    const from = performance.now()
    for await (const ids of client.scanIterator({ MATCH: `${store.prefix}*`, COUNT: AT_ONCE })) {
      await Promise.all(ids.map((id) => rewrite(store, id.slice(store.prefix.length))))
    }
    const ms = performance.now() - from
    return { sessions, commands: (await commandsProcessed(client)) - before, ms }
  } finally {
    client.destroy()
  }
}

async function rewrite(store: RedisStore, id: string) {
  const session: SessionData | null = await store.get(id)
  if (!session?.user) return
  const user = { ...session.user, permissions: [...session.user.permissions, 'reports:read'] }
  await store.set(id, { ...session, user })
}

function sessionOf(n: number, permissions: string[]): SessionData {
  const cookie = { originalMaxAge: 86_400_000, httpOnly: true, path: '/' }
  return { cookie, user: { id: `usr_${n}`, role: 'member', permissions } }
}

async function commandsProcessed(client: { info(section: string): Promise<string> }) {
  const info = await client.info('stats')
  return Number(/^total_commands_processed:(\d+)/m.exec(info)?.[1])
}
