import type { Position } from '@portcullis/context'
import type { ResponseHeaders } from './response-headers.ts'

/** Response header by which a service refuses a context it knows to be outdated, before executing anything. */
const STALE_HEADER = 'x-portcullis-stale'
/** What it knows to be outdated is not executed, nor what has ended by the clock of a server that the gateway has not met. */
const REFUSED: ReadonlySet<number> = new Set([503, 401])
const POSITION = /^(\d{1,15})\.(\d{1,15})$/

/** The place in the log from which on a context would have been accepted; undefined if the answer is no such refusal. */
export function staleSince(status: number, headers: ResponseHeaders): Position | undefined {
  const header = headers[STALE_HEADER]
  if (!REFUSED.has(status) || typeof header !== 'string') return undefined
  const [, epoch, seq] = POSITION.exec(header) ?? []
  return epoch && seq ? { epoch: Number(epoch), seq: Number(seq) } : undefined
}
