import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Whoever made it, it goes into logs and headers: no space, quote, comma or control character. */
const WELL_FORMED = /^[\w.:/+=@~-]{1,128}$/

/** The id that a trusted proxy gave a request, else one of its own. */
export function requestIdOf(headers: IncomingHttpHeaders, isThroughProxy: boolean): string {
  const given = isThroughProxy ? headers['x-request-id'] : undefined
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : randomUUID()
}
