export { TestingError, type TestingErrorCode } from './errors.ts'
export { type EventuallyOptions, eventually } from './eventually.ts'
export { acquireLock, type LockOptions } from './exclusive-lock.ts'
export { createFakeClock, type FakeClock } from './fake-clock.ts'
export { findFreePort, isPortFree } from './network/free-port.ts'
export { startTcpProxy, type TcpProxy } from './network/tcp-proxy.ts'
export { findNginx } from './nginx/find-nginx.ts'
export {
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from './postgres/start-postgres.ts'
export {
  type ProcessExit,
  type ProcessOptions,
  type StartedProcess,
  startProcess,
} from './process/start-process.ts'
export { type CommandCount, type CountedCommand, countCommands } from './redis/count-commands.ts'
export {
  findRedisServer,
  type RedisServerBinary,
  type RedisServerSearch,
} from './redis/find-redis-server.ts'
export { probeRedis, type RedisFacts } from './redis/probe-redis.ts'
export type { FailoverOptions, FailoverResult } from './redis/sentinel/failover.ts'
export type { PromoteOptions } from './redis/sentinel/promote.ts'
export type { RedisNode, RedisNodeRole } from './redis/sentinel/redis-node.ts'
export type { SentinelNode } from './redis/sentinel/sentinel-node.ts'
export {
  type SentinelRedis,
  type SentinelRedisOptions,
  startSentinelRedis,
} from './redis/sentinel/start-sentinel-redis.ts'
export { type RedisOptions, type RedisServer, startRedis } from './redis/start-redis.ts'
