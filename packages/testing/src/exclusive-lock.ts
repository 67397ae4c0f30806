import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { TestingError } from './errors.ts'

const RETRY_MS = 50
const SQLITE_BUSY = 5

export interface LockOptions {
  /** How long to wait for another holder. Milliseconds; 0 tries once. */
  readonly timeoutMs: number
  /** Called once if somebody else holds it. */
  readonly onWait?: () => void
}

/**
 * Holds the lock of that name, among all processes of this machine, until it is disposed of. The operating system
 * releases it when its holder dies, so none is ever left behind. The file stays; it is empty.
 *
 * @throws {TestingError} `ERR_LOCK_TIMEOUT`
 */
export async function acquireLock(file: string, options: LockOptions): Promise<Disposable> {
  const endsAt = performance.now() + options.timeoutMs
  for (let attempt = 0; ; attempt++) {
    const lock = tryLock(file)
    if (lock !== null) return lock
    if (attempt === 0) options.onWait?.()
    if (performance.now() >= endsAt) {
      throw new TestingError('ERR_LOCK_TIMEOUT', `another process holds ${file}`)
    }
    await pause(RETRY_MS)
  }
}

// A connection that is garbage collected closes, and its lock with it.
const held = new Set<DatabaseSync>()

function release(database: DatabaseSync): void {
  if (held.delete(database)) database.close()
}

// SQLite's exclusive transaction is the one lock that Node offers on every system and that ends with the process.
function tryLock(file: string): Disposable | null {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    held.add(database)
    return { [Symbol.dispose]: () => release(database) }
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null
    throw error
  }
}
