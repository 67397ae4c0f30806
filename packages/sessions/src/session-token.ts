import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SessionId } from '@portcullis/context'
import { HANDLE_BYTES } from '@portcullis/revocation'

const SECRET_BYTES = 20
const CHECK_BYTES = 3
const TOKEN_BYTES = HANDLE_BYTES + SECRET_BYTES + CHECK_BYTES
/** Bytes of a secret's SHA-256 that name its session. */
const FIELD_BYTES = 16

/** The cookie's value, 47 characters of base64url: handle, secret, check. */
const TOKEN = /^[A-Za-z0-9_-]{47}$/

/** Which record a session is in, and which field of it. */
export interface SessionAddress {
  readonly handle: string
  /** First 16 bytes of SHA-256 of the secret in base64url: what Redis keeps in place of it. */
  readonly field: string
}

/** Makes and reads the secrets that cookies carry. */
export interface SessionTokens {
  /** A new token, 160 random bits, for a subject's handle. */
  create(handle: string): { readonly token: string; readonly address: SessionAddress }
  /** Null for everything that was not made with one of the keys: refused before anything is read. */
  read(token: string): SessionAddress | null
}

/**
 * @param keys Base64url, 32 bytes or more each: the current one, and during a rotation the one before it.
 */
export function createSessionTokens(keys: readonly string[]): SessionTokens {
  if (keys.length < 1 || keys.length > 2) throw new TypeError('tokenKeys must be one or two keys')
  const secrets = keys.map(readKey)
  const current = secrets[0] as Buffer

  return {
    create(handle) {
      const body = Buffer.concat([Buffer.from(handle, 'base64url'), randomBytes(SECRET_BYTES)])
      const token = Buffer.concat([body, checkOf(current, body)]).toString('base64url')
      return { token, address: addressOf(body) }
    },

    read(token) {
      if (!TOKEN.test(token)) return null
      const bytes = Buffer.from(token, 'base64url')
      const body = bytes.subarray(0, TOKEN_BYTES - CHECK_BYTES)
      const check = bytes.subarray(TOKEN_BYTES - CHECK_BYTES)
      const made = secrets.some((key) => timingSafeEqual(checkOf(key, body), check))
      // Base64url has spare bits at the end: one session, one spelling.
      return made && bytes.toString('base64url') === token ? addressOf(body) : null
    },
  }
}

/** `ses_` and the 28 bytes that address the record. */
export function sessionIdOf({ handle, field }: SessionAddress): SessionId {
  return `ses_${handle}${field}`
}

/** Null for an id that is none of ours. */
export function addressOfSession(id: SessionId): SessionAddress | null {
  const [, handle, field] = /^ses_([A-Za-z0-9_-]{16})([A-Za-z0-9_-]{22})$/.exec(id) ?? []
  if (!handle || !field) return null
  return { handle, field }
}

function addressOf(body: Buffer): SessionAddress {
  const secret = body.subarray(HANDLE_BYTES)
  return {
    handle: body.subarray(0, HANDLE_BYTES).toString('base64url'),
    field: createHash('sha256')
      .update(secret)
      .digest()
      .subarray(0, FIELD_BYTES)
      .toString('base64url'),
  }
}

function checkOf(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key).update(body).digest().subarray(0, CHECK_BYTES)
}

function readKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64url')
  if (key.length < 32)
    throw new TypeError('each of tokenKeys must be 32 bytes or more in base64url')
  return key
}
