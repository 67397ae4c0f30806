import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What development keeps between runs: keys, Redis and Postgres data. Not in version control; may be deleted. */
export const STATE_FOLDER = join(ROOT, '.portcullis')

export const REDIS_CONFIGURATION = join(ROOT, 'infra/redis/redis.conf')
