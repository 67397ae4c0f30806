import { createHash, randomInt } from 'node:crypto'

/** How many a person has at first. */
export const RECOVERY_CODES = 10
/** RFC 4648 section 6 without padding: nothing that is read as something else. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const LETTERS = 16

/** 80 random bits, in groups of four. */
export function createRecoveryCode(): string {
  const letters = Array.from({ length: LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)])
  return letters.join('').replace(/(.{4})(?!$)/g, '$1-')
}

/** What is kept in place of a code; with 80 random bits there is nothing to guess. Null for what can be none. */
export function hashRecoveryCode(subject: string, code: string): string | null {
  const letters = code.replace(/[\s-]/g, '').toUpperCase()
  if (letters.length !== LETTERS) return null
  return createHash('sha256').update(`${subject} ${letters}`).digest('base64url')
}
