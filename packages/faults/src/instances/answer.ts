import { z } from 'zod'

/** What a service of the harness answers: its own decision, and what reached it. */
export const answerSchema = z.object({
  decidedBy: z.string(),
  receivedAt: z.number(),
  decidedAt: z.number(),
  outcome: z.enum(['accepted', 'refused', 'unverifiable', 'stale']),
  /** The context that the gateway sent; null if it vouches for nobody. */
  context: z.string().nullable(),
})

export type Answer = z.infer<typeof answerSchema>

/** What a service of the harness puts out on a stream, again and again. */
export const putSchema = z.object({
  by: z.string(),
  at: z.number(),
  claimsVersion: z.number(),
})

export type Put = z.infer<typeof putSchema>

const payloadSchema = z.object({ ver: z.number() })

/** Version of the claims that a context vouches for; null if there is none. The harness trusts whatever it says. */
export function claimsVersionOf(context: string | null): number | null {
  const [, payload = ''] = context?.split('.') ?? []
  if (payload === '') return null
  return payloadSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).ver
}
