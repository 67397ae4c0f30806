import { z } from 'zod'
import type { GatewayLimits } from '../limits.ts'

const positive = z.int().positive()

/** What a service may have of its own. */
export const serviceLimitsSchema = z.strictObject({
  batchSize: z.exactOptional(positive),
  urlBytes: z.exactOptional(positive),
  headerBytes: z.exactOptional(positive),
  bodyBytes: z.exactOptional(positive),
  connectTimeoutMs: z.exactOptional(positive),
  upstreamTimeoutMs: z.exactOptional(positive),
  upstreamIdleTimeoutMs: z.exactOptional(positive),
  streamIdleTimeoutMs: z.exactOptional(z.int().nonnegative()),
  serviceConnections: z.exactOptional(positive),
  serviceConcurrency: z.exactOptional(positive),
  serviceQueue: z.exactOptional(z.int().nonnegative()),
  serviceQueueMs: z.exactOptional(positive),
})

/** Limits of {@link GatewayLimits} that hold for one service instead. */
export type ServiceLimits = Partial<Pick<GatewayLimits, keyof z.output<typeof serviceLimitsSchema>>>
