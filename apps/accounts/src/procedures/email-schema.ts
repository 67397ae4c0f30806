import { z } from 'zod'

/** RFC 5321 section 4.5.3.1.3 allows 254 characters. What is no address at all is simply nobody's. */
export const emailSchema = z.string().min(1).max(254)
