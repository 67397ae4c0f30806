import type { Tracer } from '@opentelemetry/api'
import { z } from 'zod'
import { readEnvironment } from './environment.ts'

export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer
}

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const
const milliseconds = z.coerce.number().int().min(1).max(60_000)

/** Of OpenTelemetry's own variables those that are read here; exporter and resource read further ones themselves. */
const schema = z.object({
  OTEL_SDK_DISABLED: z.string().default('false'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/json']).default('http/json'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.enum(['http/json']).default('http/json'),
  OTEL_TRACES_SAMPLER: z
    .enum([...SAMPLERS, ...SAMPLERS.map((name) => `parentbased_${name}` as const)])
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  OTEL_BSP_SCHEDULE_DELAY: milliseconds.default(5_000),
  OTEL_BSP_EXPORT_TIMEOUT: milliseconds.default(30_000),
  OTEL_BSP_MAX_QUEUE_SIZE: z.coerce.number().int().min(1).max(1_000_000).default(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: z.coerce.number().int().min(1).max(1_000_000).default(512),
})

export type TracingEnvironment = z.output<typeof schema>

/**
 * Sends spans to where OpenTelemetry's variables say, over HTTP as JSON. Without an endpoint in them nothing is loaded
 * and nothing is traced. What waits to be sent is bounded, and dropped beyond that.
 *
 * @param name Of the service, unless `OTEL_SERVICE_NAME` says another.
 * @returns undefined if nothing is to be traced. Dispose of it last: it sends what is left.
 * @throws {EnvironmentError} with a line for every variable that is not usable.
 */
export async function startTracing(
  name: string,
  source: NodeJS.ProcessEnv = process.env,
): Promise<Tracing | undefined> {
  const environment = readEnvironment(schema, source)
  if (!isWanted(environment)) return undefined
  const { createTracing } = await import('./tracing-sdk.ts')
  return createTracing(name, environment)
}

function isWanted(environment: TracingEnvironment): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces } =
    environment
  if (environment.OTEL_SDK_DISABLED.toLowerCase() === 'true') return false
  return environment.OTEL_TRACES_EXPORTER === 'otlp' && (all ?? traces) !== undefined
}
