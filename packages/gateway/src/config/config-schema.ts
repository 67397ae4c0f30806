import { z } from 'zod'
import { routeSchema, SERVICE_NAME } from '../forward/services.ts'
import { allowedHeadersSchema } from '../guard/cross-origin.ts'
import { originSchema } from '../guard/origin-rule.ts'
import { rateLimitsSchema } from '../guard/rate-limits/rate-limit.ts'
import { createProxyTrust, type TrustedProxies } from '../guard/trusted-proxies.ts'
import { limitsSchema } from '../limits.ts'
import { optionsSchema } from '../options.ts'
import { OWN_NAMES } from '../procedures/own-names.ts'
import { signInThrottleSchema } from '../procedures/sign-in-throttle.ts'
import { relayLimitsSchema } from '../relay/relay-limits.ts'
import { sessionOptionSchemas } from '../session-options.ts'
import type { GatewayConfig } from './define-config.ts'

const serviceNameSchema = z
  .string()
  .regex(SERVICE_NAME, 'is not a usable service name')
  .refine((name) => !OWN_NAMES.has(name), 'is the name of procedures of the gateway itself')
const servicesSchema = z.record(serviceNameSchema, z.union([routeSchema.shape.url, routeSchema]))

/** What each option has to be. One that is added to {@link GatewayConfig} is checked here. */
const SCHEMAS = {
  services: servicesSchema,
  fallback: z
    .union([routeSchema.shape.url, routeSchema.extend({ name: serviceNameSchema.optional() })])
    .optional(),
  basePath: optionsSchema.shape.basePath.optional(),
  pathSeparator: optionsSchema.shape.pathSeparator.optional(),
  publicUrl: optionsSchema.shape.publicUrl,
  allowedOrigins: z.array(originSchema).optional(),
  allowedHeaders: allowedHeadersSchema.optional(),
  allowMethodOverride: optionsSchema.shape.allowMethodOverride.optional(),
  clearSiteData: optionsSchema.shape.clearSiteData.optional(),
  sameSite: optionsSchema.shape.sameSite.optional(),
  trustedProxies: z
    .union([z.number(), z.array(z.string())])
    .superRefine(accepted((proxies: TrustedProxies) => createProxyTrust(proxies)))
    .optional(),
  rateLimits: rateLimitsSchema.optional(),
  transformer: optionsSchema.shape.transformer.optional(),
  limits: limitsSchema.partial().optional(),
  adminAssurance: optionsSchema.shape.adminAssurance.optional(),
  sessionProfile: sessionOptionSchemas.sessionProfile.optional(),
  sessionProfiles: sessionOptionSchemas.sessionProfiles.optional(),
  maxSessionsPerSubject: sessionOptionSchemas.maxSessionsPerSubject.optional(),
  signInThrottle: signInThrottleSchema.partial().optional(),
  leaseMs: z.int().min(100).max(60_000).optional(),
  replicas: z.int().min(0).max(10).optional(),
  relay: z
    .strictObject({
      trust: z.record(z.string(), z.looseObject({ keys: z.array(z.looseObject({})) })),
      mayRevoke: z.array(z.string()).optional(),
      limits: relayLimitsSchema.partial().optional(),
    })
    .optional(),
  name: optionsSchema.shape.name.optional(),
} satisfies Record<keyof GatewayConfig, z.ZodType>

const configSchema = z.strictObject(SCHEMAS)

/** Every issue at once; none if it is a configuration. */
export function issuesOf(config: unknown): readonly z.core.$ZodIssue[] {
  return configSchema.safeParse(config).error?.issues ?? []
}

/** Whatever a check that throws a TypeError has to say. */
function accepted<Value>(check: (value: Value) => unknown) {
  return (value: Value, context: z.RefinementCtx) => {
    try {
      check(value)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      context.addIssue({ code: 'custom', message: error.message.replace(/^\w+: /, '') })
    }
  }
}
