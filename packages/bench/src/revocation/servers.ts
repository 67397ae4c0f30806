import { declareNewInstallation } from '@portcullis/revocation'
import { type RedisServer, startRedis } from '@portcullis/testing'

/** Servers that differ in when a write is safe from a crash of theirs. */
export const SERVERS = [
  { name: 'written', fsync: 'everysec', says: 'append-only file, flushed each second' },
  { name: 'flushed', fsync: 'always', says: 'append-only file, each write flushed' },
] as const

export type ServerKind = (typeof SERVERS)[number]

/** As infra/redis/redis.conf has it, but for when it is flushed. */
export async function startServer({ fsync }: ServerKind): Promise<RedisServer> {
  const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', fsync] })
  await declareNewInstallation({ redisUrl: redis.url })
  return redis
}
