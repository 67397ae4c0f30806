import type { Position } from '@portcullis/context'
import type { ResponseHeaders } from './response-headers.ts'

/** Response header by which a service refuses a context it knows to be outdated, before executing anything. */
const STALE_HEADER = 'x-portcullis-stale'
const POSITION = /^(\d{1,15})\.(\d{1,15})$/

/** The place in the log from which on a context would have been accepted; undefined if the answer is no such refusal. */
export function staleSince(status: number, headers: ResponseHeaders): Position | undefined {
  const header = headers[STALE_HEADER]
  if (status !== 503 || typeof header !== 'string') return undefined
  const [, epoch, seq] = POSITION.exec(header) ?? []
  return epoch && seq ? { epoch: Number(epoch), seq: Number(seq) } : undefined
}
