import { z } from 'zod'

/** What the gateway bears of services that reach the log through it. */
export interface RelayLimits {
  /** Fences, acknowledgements and the like under way at once; a further one is 503. Default 256. */
  readonly concurrentCalls: number
  /** Revocations for services under way at once, each for as long as its receipt takes; a further one is 503. Default 32. */
  readonly concurrentRevocations: number
  /** Open streams of hints; a further one is 503. Default 1,000. */
  readonly hintStreams: number
  /** What a slow reader of hints may leave unread in memory before its stream is ended, bytes. Default 262,144. */
  readonly hintBufferBytes: number
  /** Largest request body, bytes. Default 16,384. */
  readonly bodyBytes: number
  /** Longest lease a service may claim, milliseconds: whoever revokes may wait as long. Default 300,000. */
  readonly longestLeaseMs: number
}

const positive = z.int().positive()

export const relayLimitsSchema = z.strictObject({
  concurrentCalls: positive.default(256),
  concurrentRevocations: positive.default(32),
  hintStreams: positive.default(1_000),
  hintBufferBytes: positive.default(262_144),
  bodyBytes: positive.default(16_384),
  longestLeaseMs: positive.default(300_000),
})

/** @throws {TypeError} naming each limit that is unknown or not a positive integer. */
export function resolveRelayLimits(limits: Partial<RelayLimits> = {}): RelayLimits {
  const parsed = relayLimitsSchema.safeParse(limits)
  if (!parsed.success) throw new TypeError(`relay.limits: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
