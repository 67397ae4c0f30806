import { createHmac } from 'node:crypto'
import type { SubjectId } from '@portcullis/context'
import type { Keyspace, Redis } from '@portcullis/redis'
import { RevocationError } from './errors.ts'

/** Bytes of a handle, 16 characters in base64url. */
export const HANDLE_BYTES = 12

/** Names a subject's records without naming the subject: neither a cookie nor a key confirms a guess. */
export interface SubjectHandles {
  handleOf(subject: SubjectId): string
  /**
   * Compares this pepper with the one the installation was set up with, or sets it up.
   *
   * @throws {RevocationError} `ERR_PEPPER_MISMATCH`: with another pepper nobody's records would be found.
   */
  assertPepper(redis: Redis, keyspace: Keyspace): Promise<void>
}

/** @param pepper Secret of the installation, at least 32 bytes in base64url. It never changes. */
export function createSubjectHandles(pepper: string): SubjectHandles {
  const key = Buffer.from(pepper, 'base64url')
  if (key.length < 32) throw new TypeError('pepper must be at least 32 bytes in base64url')
  const mac = (text: string) => createHmac('sha256', key).update(text).digest()

  return {
    handleOf: (subject) => mac(subject).subarray(0, HANDLE_BYTES).toString('base64url'),

    async assertPepper(redis, keyspace) {
      const fingerprint = mac('fingerprint').subarray(0, 9).toString('base64url')
      await redis.setnx(keyspace.pepper, fingerprint)
      const stored = await redis.get(keyspace.pepper)
      if (stored !== fingerprint) throw new RevocationError('ERR_PEPPER_MISMATCH')
    },
  }
}
