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
