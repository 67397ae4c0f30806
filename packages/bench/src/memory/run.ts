import { startRedis } from '@portcullis/testing'
import { redisVersionOf } from '../report/redis-version.ts'
import { KIND_NAMES, KINDS, type KindName } from './kinds/kinds.ts'
import { type HeapMemory, measureHeap } from './measure-heap.ts'
import { measureRedis, type RedisMemory } from './measure-redis.ts'
import type { Plan } from './plan.ts'

export interface Run {
  readonly redis: Readonly<Record<KindName, RedisMemory>>
  readonly heap: readonly HeapMemory[]
  readonly redisVersion: string
}

/** @param say Told what comes next. */
export async function run(plan: Plan, say: (line: string) => void): Promise<Run> {
  const redis: [KindName, RedisMemory][] = []
  for (const name of KIND_NAMES) {
    const sizes = plan.sizes[name]
    const most = Math.max(...sizes)
    say(`${most} sessions of ${KINDS[name].name}`)
    const further = Math.min(plan.further, most)
    redis.push([name, await measureRedis(KINDS[name], { sizes, further })])
  }
  say(`${Math.max(...plan.used)} sessions are used at one gateway`)
  const heap = await measureHeap(plan.used)
  const byName = Object.fromEntries(redis) as Run['redis']
  await using server = await startRedis()
  return { redis: byName, heap, redisVersion: await redisVersionOf(server.url) }
}
