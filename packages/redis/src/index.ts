export type { Redis } from 'ioredis'
export { parseRedisAddress, type RedisAddress, type RedisHost } from './address.ts'
export {
  type ConnectRedisOptions,
  connectRedis,
  leaveServer,
  type RedisRole,
  whenReady,
} from './connect.ts'
export {
  defineScript,
  readLua,
  type Script,
  type ScriptArgument,
  type ScriptDefinition,
} from './define-script.ts'
export { RedisError, type RedisErrorCode, toRedisError } from './errors.ts'
export { inOneWrite } from './in-one-write.ts'
export { createKeyspace, type Keyspace } from './keyspace.ts'
export { createSpeaker, type Speaker } from './speaker.ts'
