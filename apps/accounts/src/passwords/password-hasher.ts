import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { AccountsError } from '../errors.ts'
import { createBoundedGate } from './bounded-gate.ts'

/** NIST SP 800-63B-4 section 3.1.1.2 asks for at least 64; more only costs the person who types it. */
export const MAX_PASSWORD_LENGTH = 256

/** NIST SP 800-63B-4 section 3.1.1.2, where the password may be all there is. Of new passwords. */
export const MIN_PASSWORD_LENGTH = 15

/** argon2id by the library's default; OWASP's first choice of costs: 19 MiB, two passes, one lane. */
const COSTS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export interface PasswordHasher {
  /** A PHC string with a salt of its own. */
  hash(password: string): Promise<string>
  /** `stored` null (nobody of that name) takes as long as a wrong password and is false. */
  verify(stored: string | null, password: string): Promise<boolean>
}

/**
 * Hashes with argon2id, bounded so that a flood of sign-ins costs neither all memory nor all threads.
 * Both methods reject with `ERR_PASSWORD_TOO_LONG` above 256 characters, and `ERR_PASSWORDS_BUSY` when the queue is full.
 *
 * @param options.concurrency Hashes at once, 19 MiB each. Positive integer. Default 2.
 * @param options.queueLimit Callers waiting at most. Default 64.
 */
export async function createPasswordHasher(
  options: { concurrency?: number; queueLimit?: number } = {},
): Promise<PasswordHasher> {
  const gate = createBoundedGate({
    concurrency: options.concurrency ?? 2,
    queueLimit: options.queueLimit ?? 64,
  })
  const nobodys = await hash(randomBytes(32), COSTS)
  return {
    async hash(password) {
      const normalized = normalize(password)
      return gate.run(() => hash(normalized, COSTS))
    },
    async verify(stored, password) {
      const normalized = normalize(password)
      const matches = await gate.run(() => verify(stored ?? nobodys, normalized))
      return matches && stored !== null
    },
  }
}

/** NIST SP 800-63B-4 section 3.1.1.2: one form of Unicode, whatever the keyboard sent. */
function normalize(password: string): string {
  if (password.length > MAX_PASSWORD_LENGTH) throw new AccountsError('ERR_PASSWORD_TOO_LONG')
  return password.normalize('NFKC')
}
