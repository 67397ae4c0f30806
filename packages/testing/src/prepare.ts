import { TestingError } from './errors.ts'
import { findRedisServer } from './redis/find-redis-server.ts'

/** `node prepare.ts`, once before many test processes: finds or installs a Redis server, so that none has to wait. */
try {
  const { command } = await findRedisServer()
  process.stderr.write(`Redis server: ${command}\n`)
} catch (error) {
  if (!(error instanceof TestingError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
