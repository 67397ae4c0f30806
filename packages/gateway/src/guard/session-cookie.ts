import type { Clock } from '@portcullis/runtime'
import { GatewayError } from '../errors.ts'

export type SameSite = 'strict' | 'lax'

export interface SessionCookieOptions {
  /** Own origin as browsers see it. Over plain HTTP on this machine the cookie can have no `__Host-` prefix. */
  publicUrl: URL
  /** Default `strict`. `lax` also sends the cookie when a person arrives by a link from elsewhere. */
  sameSite: SameSite
  clock: Clock
}

export interface CookieReading {
  /** Value of the session cookie, of any content. */
  readonly value: string | undefined
  /** The header without the session cookie, for the service; undefined if nothing is left. */
  readonly rest: string | undefined
}

/** The one cookie the gateway sets: its name, how it is read and written. */
export interface SessionCookie {
  /** `__Host-sid`, or `sid` if `publicUrl` is `http://localhost` or `http://127.0.0.1`. */
  readonly name: string
  /** @throws {GatewayError} `ERR_COOKIE_DUPLICATE`: a sibling domain may have planted one of the two. */
  read(header: string | undefined): CookieReading
  /** `Set-Cookie` value. @param endsAt Absolute end of the session, wall milliseconds. */
  issue(token: string, endsAt: number): string
  /** `Set-Cookie` value that removes it. */
  clear(): string
}

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1'])
const NOTHING: CookieReading = { value: undefined, rest: undefined }
/** rfc6265bis: user agents shorten a longer lifetime. */
const MAX_AGE_SECONDS = 400 * 86_400

export function createSessionCookie(options: SessionCookieOptions): SessionCookie {
  const { publicUrl, sameSite, clock } = options
  const isLocal = publicUrl.protocol === 'http:' && LOCAL_HOSTS.has(publicUrl.hostname)
  const name = isLocal ? 'sid' : '__Host-sid'
  const site = sameSite === 'lax' ? 'Lax' : 'Strict'
  const attributes = `; Path=/; HttpOnly${isLocal ? '' : '; Secure'}; SameSite=${site}`
  return {
    name,
    read: (header) => readCookie(header, name),
    issue(token, endsAt) {
      const seconds = Math.floor((endsAt - clock.wall()) / 1000)
      return `${name}=${token}${attributes}; Max-Age=${Math.max(0, Math.min(seconds, MAX_AGE_SECONDS))}`
    },
    clear: () => `${name}=${attributes}; Max-Age=0`,
  }
}

function readCookie(header: string | undefined, name: string): CookieReading {
  if (header === undefined) return NOTHING
  if (!header.includes(name)) return { value: undefined, rest: header }
  // What clients send most: this cookie and no other.
  if (header.startsWith(`${name}=`) && !header.includes(';')) {
    return { value: header.slice(name.length + 1).trim(), rest: undefined }
  }
  return searchCookie(header, name)
}

function searchCookie(header: string, name: string): CookieReading {
  let value: string | undefined
  const rest: string[] = []
  for (const piece of header.split(';')) {
    const pair = piece.trim()
    const equals = pair.indexOf('=')
    // rfc6265bis: names match by exact case. `__host-sid` is someone else's cookie.
    if (equals === -1 || pair.slice(0, equals).trimEnd() !== name) {
      if (pair !== '') rest.push(pair)
    } else if (value !== undefined) {
      throw new GatewayError('ERR_COOKIE_DUPLICATE')
    } else {
      value = pair.slice(equals + 1).trimStart()
    }
  }
  return { value, rest: rest.length === 0 ? undefined : rest.join('; ') }
}
