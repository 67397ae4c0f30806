import { startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { inTurns } from '../population/in-turns.ts'
import type { Keeping, Kind } from './kinds/keeping.ts'
import { settledBytes } from './redis-memory.ts'

/** Bytes in Redis by session. */
export interface RedisMemory {
  /** With one session a person. */
  readonly bySize: readonly { readonly sessions: number; readonly bytes: number }[]
  /** One more of somebody who has one already. */
  readonly further: { readonly sessions: number; readonly bytes: number }
  /** Cached claims of one person; only where they are kept apart. */
  readonly claims?: { readonly people: number; readonly bytes: number }
}

export interface MeasureRedisOptions {
  /** Sessions at which to look, rising. */
  readonly sizes: readonly number[]
  /** People who get a further one, and whose claims are cached; no more than the last size. */
  readonly further: number
}

const AT_ONCE = 200

/** Fills a server of its own, and looks at how much it uses. */
export async function measureRedis(
  kind: Kind,
  { sizes, further }: MeasureRedisOptions,
): Promise<RedisMemory> {
  await using server = await startRedis()
  await using held = new AsyncDisposableStack()
  const admin = held.adopt(new Redis(server.url), (redis) => redis.disconnect())
  const most = Math.max(...sizes)
  const keeping = held.use(await kind.open(server.url, most))
  // Not one of those that are counted: connections, scripts and whatever else comes but once.
  await keeping.start(most)
  const empty = await settledBytes(admin)
  const bySize: { sessions: number; bytes: number }[] = []
  let filled = 0
  for (const sessions of sizes) {
    const from = filled
    await inTurns(sessions - from, AT_ONCE, (n) => keeping.start(from + n))
    filled = sessions
    bySize.push({ sessions, bytes: ((await settledBytes(admin)) - empty) / sessions })
  }
  const grown = (work: (n: number) => Promise<unknown>) => growth(admin, further, work)
  return {
    bySize,
    further: { sessions: further, bytes: await grown((n) => keeping.start(n)) },
    ...(await measureClaims(keeping, further, grown)),
  }
}

async function measureClaims(
  keeping: Keeping,
  people: number,
  grown: (work: (n: number) => Promise<unknown>) => Promise<number>,
): Promise<Pick<RedisMemory, 'claims'>> {
  if (!keeping.cacheClaims) return {}
  return { claims: { people, bytes: await grown(keeping.cacheClaims) } }
}

/** Bytes more for each of so many. */
async function growth(admin: Redis, count: number, work: (n: number) => Promise<unknown>) {
  const before = await settledBytes(admin)
  await inTurns(count, AT_ONCE, work)
  return ((await settledBytes(admin)) - before) / count
}
