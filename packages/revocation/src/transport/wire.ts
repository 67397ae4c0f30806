import {
  instanceIdSchema,
  organizationIdSchema,
  positionSchema,
  sessionIdSchema,
} from '@portcullis/context'
import { z } from 'zod'
import { logReplySchema } from '../events/log-reader.ts'
import { fenceReplySchema } from '../fence/fence-reply.ts'
import { memberRecordSchema } from '../fence/member.ts'
import { RECEIPT_LEVELS } from '../receipts/receipt.ts'

/** What an instance may ask of a gateway, each a POST with a JSON body; `hints` is answered by a stream of lines. */
export const RELAYED_CALLS = [
  'fence',
  'acknowledgements',
  'leave',
  'log',
  'hints',
  'principal',
  'revoke',
] as const
export type RelayedCall = (typeof RELAYED_CALLS)[number]

/** Audience of the assertions that go with them. */
export const RELAY_AUDIENCE = 'gateway'

export function relayPath(call: RelayedCall): string {
  return `/portcullis/${call}`
}

/** Something is said on the stream of hints at least this often, milliseconds. */
export const HINT_PING_MS = 2_000
/** A stream that is silent for longer is given up, milliseconds. */
export const HINT_SILENCE_MS = 3 * HINT_PING_MS

/** Entries of the log in one answer. */
export const MAX_ENTRIES = 10_000
export const MAX_ORIGINATORS = 100

export const relayedFenceSchema = z.object({
  instance: instanceIdSchema,
  record: memberRecordSchema,
  after: z.int().min(-1),
  limit: z.int().min(1).max(MAX_ENTRIES),
  listsMembers: z.boolean(),
})

export const fenceAnswerSchema = z.object({
  reply: fenceReplySchema.nullable(),
  isProven: z.boolean(),
  /** Of the record that was sent: an answer to another fence proves nothing. */
  fences: z.int(),
})

export const relayedAcknowledgementsSchema = z.object({
  instance: instanceIdSchema,
  originators: z.array(instanceIdSchema).min(1).max(MAX_ORIGINATORS),
  position: positionSchema,
})

export const relayedLeaveSchema = z.object({ instance: instanceIdSchema })
export const relayedHintsSchema = z.object({ instance: instanceIdSchema })

export const relayedLogSchema = z.object({
  after: positionSchema,
  limit: z.int().min(1).max(MAX_ENTRIES),
})

export const logAnswerSchema = z.object({ reply: logReplySchema.nullable() })

/** Who a piece of work is for, as whoever runs it asks what holds of them now. Names nobody and proves nothing. */
export const carriedPrincipalSchema = z.object({
  session: sessionIdSchema,
  organization: organizationIdSchema.nullable(),
  /** A place in the log at which it was so. */
  position: positionSchema,
})
export type CarriedPrincipal = z.infer<typeof carriedPrincipalSchema>

/** `context` is signed for the service that asks; null if the session has ended, or does not have that organization. */
export const principalAnswerSchema = z.object({ context: z.string().nullable() })

/** What a service is told of the sessions that it had ended. */
export const revokedAnswerSchema = z.object({
  level: z.enum(RECEIPT_LEVELS),
  durable: z.boolean(),
  id: z.string(),
  position: positionSchema.nullable(),
  tookMs: z.number(),
  /** Null where they are not counted. */
  ended: z.int().nonnegative().nullable(),
})

/** One line of the stream. `gap`: what was published until now may be missing; also the first line. */
export const hintLineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('gap') }),
  z.object({ kind: z.literal('ping') }),
  z.object({ kind: z.literal('hint'), message: z.string() }),
  z.object({ kind: z.literal('acknowledgement'), message: z.string() }),
])
export type HintLine = z.infer<typeof hintLineSchema>
