import { z } from 'zod'

const schema = z.object({
  /** The service behind. */
  target: z.url(),
  redisUrl: z.string(),
  /** What differs between two rows of the same peer. */
  variant: z.string().optional(),
})

/** What every peer is told: its one argument. */
export const settings = schema.parse(JSON.parse(process.argv[2] ?? ''))

export const signInSchema = z.object({ subject: z.string() })
