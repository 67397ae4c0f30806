import { z } from 'zod'

/** What the process that makes events is asked: so many a second from now on. */
export const rateSchema = z.object({ rate: z.number().nonnegative() })

/** What it answers: how many it has made so far. */
export const madeSchema = z.object({ made: z.int().nonnegative() })
