import { setTimeout } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { z } from 'zod'

const INTERVAL_MS = 200
/** Readings that have to be alike. */
const ALIKE = 3
/** Bytes in which readings that are alike may differ: answers to the reader itself. */
const TOLERANCE = 1_024
const MAX_READINGS = 100

/**
 * Bytes that the server uses for all but its clients' connections, once a growing table has been moved and the last reply
 * is gone.
 *
 * @throws {Error} when it does not settle within 20 s.
 */
export async function settledBytes(redis: Redis): Promise<number> {
  const readings: number[] = []
  while (readings.length < MAX_READINGS) {
    readings.push(await usedBytes(redis))
    const last = readings.slice(-ALIKE)
    const isSettled = Math.max(...last) - Math.min(...last) <= TOLERANCE
    if (last.length === ALIKE && isSettled) return Math.min(...last)
    await setTimeout(INTERVAL_MS)
  }
  throw new Error(`the server's memory does not settle: ${readings.slice(-ALIKE).join(', ')}`)
}

async function usedBytes(redis: Redis): Promise<number> {
  const stats = z.array(z.unknown()).parse(await redis.call('MEMORY', 'STATS'))
  const at = (name: string) => z.coerce.number().parse(stats[stats.indexOf(name) + 1])
  return at('total.allocated') - at('clients.normal')
}
