import { z } from 'zod'
import type { Secrets } from './secrets.ts'

/** What a process is told to be. */
export const instancePlanSchema = z.object({
  kind: z.enum(['gateway', 'service']),
  name: z.string(),
  redisUrl: z.string(),
  leaseMs: z.number(),
  replicas: z.number(),
  services: z.record(z.string(), z.string()).optional(),
  claimsUrl: z.string(),
  secrets: z.custom<Secrets>((value) => typeof value === 'object' && value !== null),
})

export type InstancePlan = z.infer<typeof instancePlanSchema>
