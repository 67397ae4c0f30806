import { z } from 'zod'

/** What the benchmark asks of the process with the gateway. */
export const commandSchema = z.discriminatedUnion('do', [
  /** Answers with the bytes in use after a collection, `[heap and buffers, resident]`. */
  z.object({ do: z.literal('memory') }),
  /** Ends the sessions of these people; answers when each is enforced. */
  z.object({ do: z.literal('revoke'), people: z.array(z.string()) }),
])

export const answerSchema = z.object({ values: z.array(z.number()) })

/** The first message of a process: where it listens. */
export const addressSchema = z.object({ url: z.url() })

export type Command = z.infer<typeof commandSchema>
