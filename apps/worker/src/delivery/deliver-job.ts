import { defineJob } from '@portcullis/jobs'
import { z } from 'zod'

/** Tells one receiver of one event. Ends when it was taken, is refused for good or too old: by its age, not its attempts. */
export const eventsDeliver = defineJob({
  name: 'events.deliver',
  data: z.strictObject({
    receiver: z.string().max(64),
    /** Of the trail's entry. */
    number: z.int().positive(),
  }),
  attempts: 1_000_000,
  backoff: { type: 'exponential', delayMs: 1_000, maxDelayMs: 60_000 },
  // Longer than any attempt.
  timeoutMs: 60_000,
  retention: {
    // What was delivered stands in Postgres.
    completed: { ageMs: 1_000, count: 0 },
    failed: { ageMs: 7 * 24 * 3_600_000, count: 1_000 },
  },
})

export type DeliverData = z.output<typeof eventsDeliver.data>
