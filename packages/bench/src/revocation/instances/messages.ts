import { z } from 'zod'

const placeSchema = z.object({ redisUrl: z.string(), count: z.int().positive() })

/** What the process of the benchmark asks of one that holds instances. */
const commandSchema = z.discriminatedUnion('do', [
  placeSchema.extend({ do: z.literal('subscribe'), channel: z.string(), acks: z.string() }),
  placeSchema.extend({
    do: z.literal('follow'),
    leaseMs: z.number().positive(),
    replicas: z.int().nonnegative(),
  }),
  /** Answers with the instant at which the last one here has it, now or when it does. */
  z.object({
    do: z.literal('last-received'),
    by: z.enum(['subscribers', 'followers']),
    id: z.string(),
  }),
  /** Answers with the processor time used so far, in milliseconds. */
  z.object({ do: z.literal('processor-time') }),
  z.object({ do: z.literal('release') }),
])

export const callSchema = z.object({ call: z.int(), command: commandSchema })

/** Instants are readings of CLOCK_MONOTONIC in milliseconds, which all processes of a host share. */
export const answerSchema = z.union([
  z.object({ call: z.int(), value: z.number() }),
  z.object({ call: z.int(), failure: z.string() }),
])

export type Command = z.infer<typeof commandSchema>
export type Answer = z.infer<typeof answerSchema>

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
