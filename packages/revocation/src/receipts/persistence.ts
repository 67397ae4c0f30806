import type { Redis } from '@portcullis/redis'

/** Settings that decide what a server has after a restart. */
const SETTINGS = ['save', 'appendonly', 'appendfsync', 'no-appendfsync-on-rewrite'] as const

/**
 * Whether a restart of the server brings back all that it has answered, or nothing at all, which is refusal. False where
 * that is not known, as when it does not tell its settings.
 */
export async function readPersistence(redis: Redis): Promise<boolean> {
  try {
    const [settings, info] = await Promise.all([
      redis.config('GET', ...SETTINGS),
      redis.info('persistence'),
    ])
    return isAllOrNothing(toMap(settings as string[]), info)
  } catch {
    return false
  }
}

function isAllOrNothing(settings: ReadonlyMap<string, string>, info: string): boolean {
  const has = (field: string, value: string) =>
    new RegExp(`^${field}:${value}\\r?$`, 'm').test(info)
  if (settings.get('appendonly') === 'yes') {
    const isFlushed =
      settings.get('appendfsync') === 'always' && settings.get('no-appendfsync-on-rewrite') === 'no'
    return isFlushed && has('aof_enabled', '1') && has('aof_last_write_status', 'ok')
  }
  // A snapshot that was taken by hand, or that the server began with, would be read again.
  const hasNoSnapshot = has('rdb_saves', '0') && has('rdb_last_load_keys_loaded', '0')
  return settings.get('appendonly') === 'no' && settings.get('save') === '' && hasNoSnapshot
}

function toMap(flat: readonly string[]): Map<string, string> {
  const pairs = Array.from({ length: flat.length >> 1 }, (_, i) => flat.slice(2 * i, 2 * i + 2))
  return new Map(pairs as [string, string][])
}
