export type { Redis } from 'ioredis'
export { type ConnectRedisOptions, connectRedis, type RedisRole, whenReady } from './connect.ts'
export {
  defineScript,
  readLua,
  type Script,
  type ScriptArgument,
  type ScriptDefinition,
} from './define-script.ts'
export { RedisError, type RedisErrorCode, toRedisError } from './errors.ts'
export { createKeyspace, type Keyspace } from './keyspace.ts'
