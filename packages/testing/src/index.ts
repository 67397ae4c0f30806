export { TestingError, type TestingErrorCode } from './errors.ts'
export { type EventuallyOptions, eventually } from './eventually.ts'
export { acquireLock, type LockOptions } from './exclusive-lock.ts'
export { createFakeClock, type FakeClock } from './fake-clock.ts'
export { findFreePort, isPortFree } from './network/free-port.ts'
export { startTcpProxy, type TcpProxy } from './network/tcp-proxy.ts'
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
export { type RedisOptions, type RedisServer, startRedis } from './redis/start-redis.ts'
