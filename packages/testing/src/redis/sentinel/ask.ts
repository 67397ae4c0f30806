import { Redis } from 'ioredis'

export type RedisCommand = readonly [string, ...(string | number)[]]

/** Far above what a loopback answer takes, also on a busy machine; a frozen server is given up after it. */
const ANSWER_WITHIN_MS = 1_000

/** Sends one command over a connection of its own. Rejects if the server is gone, frozen or refuses. */
export async function ask(port: number, [name, ...args]: RedisCommand): Promise<unknown> {
  const redis = new Redis({
    port,
    host: '127.0.0.1',
    connectTimeout: ANSWER_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    disconnectTimeout: 1,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
  })
  redis.on('error', () => {})
  try {
    return await redis.call(name, ...args)
  } finally {
    redis.disconnect()
  }
}

/** A reply of names and values by turns, as Sentinel gives them. */
export function toRecord(reply: unknown): Record<string, string> {
  const flat = Array.isArray(reply) ? reply.map(String) : []
  const pairs = flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []))
  return Object.fromEntries(pairs)
}

/** The fields of INFO. */
export function parseInfo(reply: unknown): Record<string, string> {
  const lines = String(reply).split('\r\n')
  const pairs = lines.map((line) => line.split(/:(.*)/s, 2)).filter(({ length }) => length === 2)
  return Object.fromEntries(pairs)
}
