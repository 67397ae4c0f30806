import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Which trace a request belongs to, and under which span of it. W3C Trace Context, section 3. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Of the span that caused this request, 16 hexadecimal digits. */
  readonly parentId: string
  /** Lowest bit: whether the caller records the trace. */
  readonly flags: number
  /** What tracing systems say about the trace, as it came; undefined if nothing does. */
  readonly state: string | undefined
}

/** The trace that the headers name, or a new one: what is malformed is as good as absent. */
export function traceContextOf(headers: IncomingHttpHeaders): TraceContext {
  return parseTraceContext(headers) ?? startTrace()
}

/** Undefined without a valid `traceparent`. An invalid `tracestate` alone is left out. */
export function parseTraceContext(headers: IncomingHttpHeaders): TraceContext | undefined {
  const { traceparent, tracestate } = headers
  // Sent twice it arrives joined by a comma, and fits no more.
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined
  const traceId = traceparent.slice(3, 35)
  const parentId = traceparent.slice(36, 52)
  if (traceId === NO_TRACE || parentId === NO_PARENT) return undefined
  const flags = Number.parseInt(traceparent.slice(53, 55), 16) & KNOWN_FLAGS
  return { traceId, parentId, flags, state: stateOf(tracestate) }
}

/** A trace that begins here, and is to be recorded by whoever records any. */
function startTrace(): TraceContext {
  return { traceId: randomHex(32), parentId: randomHex(16), flags: SAMPLED, state: undefined }
}

/** Header values for the next hop. */
export function formatTraceparent({ traceId, parentId, flags }: TraceContext): string {
  return `00-${traceId}-${parentId}-${flags === SAMPLED ? '01' : flags.toString(16).padStart(2, '0')}`
}

const SAMPLED = 1
/** The recorded and the random flag; others mean nothing yet and are not passed on. */
const KNOWN_FLAGS = 3
const NO_TRACE = '0'.repeat(32)
const NO_PARENT = '0'.repeat(16)
// Version 00 is exactly this long; a later one may go on behind a hyphen. ff is no version.
const TRACEPARENT =
  /^(?:00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}|(?!00|ff)[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(?:-.*)?)$/
const MEMBER =
  /^(?:[a-z][a-z\d_*/-]{0,255}|[a-z\d][a-z\d_*/-]{0,240}@[a-z][a-z\d_*/-]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/
const MAX_MEMBERS = 32
const MAX_STATE_LENGTH = 512

function stateOf(header: string | string[] | undefined): string | undefined {
  const state = Array.isArray(header) ? header.join(',') : header
  if (state === undefined || state.length > MAX_STATE_LENGTH) return undefined
  const members = state.split(',').map((member) => member.trim())
  const given = members.filter((member) => member !== '')
  const isValid = given.length <= MAX_MEMBERS && given.every((member) => MEMBER.test(member))
  return isValid && given.length > 0 ? given.join(',') : undefined
}

// Asking the system for random bytes costs more than everything else here, so they are asked for in advance.
const POOL_BYTES = 6_144
let pool = ''
let used = 0

function randomHex(digits: number): string {
  if (used + digits > pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex')
    used = 0
  }
  used += digits
  return pool.slice(used - digits, used)
}
