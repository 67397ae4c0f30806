import {
  type ResponseHeaders,
  returnedCookies,
  returnedHeaders,
} from '../forward/response-headers.ts'
import { strictestCaching } from './cache-control.ts'

/** What the head of one destination's answer adds to that of the whole. */
export interface PartHead {
  readonly status: number
  /** `Set-Cookie` values that may reach the client. */
  readonly cookies: readonly string[]
  readonly vary: string | undefined
  readonly cacheControl: string | undefined
  readonly retryAfterSeconds: number | undefined
  /** Headers of the service's own making, `x-*`. */
  readonly custom: ReadonlyMap<string, string>
}

/** @param cookieName See {@link returnedCookies}. */
export function readPartHead(
  status: number,
  headers: ResponseHeaders,
  cookieName: string | undefined,
): PartHead {
  return {
    status,
    cookies: returnedCookies(headers['set-cookie'], cookieName),
    vary: joined(headers['vary']),
    cacheControl: joined(headers['cache-control']),
    retryAfterSeconds: Number(headers['retry-after']) || undefined,
    custom: customOf(headers),
  }
}

/** What the gateway answers itself is for one caller and one moment. */
export function ownPartHead(
  status: number,
  cookies: readonly string[],
  retryAfterSeconds: number | undefined,
): PartHead {
  const made = { vary: undefined, cacheControl: 'no-store', custom: new Map<string, string>() }
  return { status, cookies, retryAfterSeconds, ...made }
}

/** The status that all have, or 207. */
export function mergedStatus(heads: readonly PartHead[]): number {
  const statuses = new Set(heads.map((head) => head.status))
  return statuses.size === 1 ? (heads[0] as PartHead).status : 207
}

/**
 * `Vary` with every name; the strictest caching; the longest wait; all cookies; and of the services' own headers those
 * on which all that send them agree. Others end here: they speak of a body that is not passed on as it was.
 */
export function mergedHeaders(heads: readonly PartHead[]): string[] {
  const headers = ['vary', varyOf(heads)]
  const cacheControl = strictestCaching(heads.map((head) => head.cacheControl))
  if (cacheControl !== undefined) headers.push('cache-control', cacheControl)
  const waits = heads.flatMap((head) => head.retryAfterSeconds ?? [])
  if (waits.length > 0) headers.push('retry-after', String(Math.max(...waits)))
  for (const [name, value] of agreed(heads)) headers.push(name, value)
  for (const cookie of heads.flatMap((head) => head.cookies)) headers.push('set-cookie', cookie)
  return headers
}

function varyOf(heads: readonly PartHead[]): string {
  const names = new Set(['trpc-accept', 'accept', 'cookie'])
  for (const { vary } of heads) {
    for (const name of vary?.split(',') ?? []) names.add(name.trim().toLowerCase())
  }
  return [...names].filter((name) => name !== '').join(', ')
}

function agreed(heads: readonly PartHead[]): Map<string, string> {
  const merged = new Map<string, string>()
  const disputed = new Set<string>()
  for (const [name, value] of heads.flatMap(({ custom }) => [...custom])) {
    if ((merged.get(name) ?? value) !== value) disputed.add(name)
    merged.set(name, value)
  }
  for (const name of disputed) merged.delete(name)
  return merged
}

function customOf(headers: ResponseHeaders): Map<string, string> {
  const custom = new Map<string, string>()
  const returned = returnedHeaders(headers, undefined)
  for (let i = 0; i < returned.length; i += 2) {
    const name = returned[i] as string
    if (name.startsWith('x-')) custom.set(name, returned[i + 1] as string)
  }
  return custom
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
