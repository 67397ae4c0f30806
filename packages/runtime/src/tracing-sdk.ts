import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { traceRedis } from './redis-traces.ts'
import type { Tracing, TracingEnvironment } from './tracing.ts'

/** Spans of a process, and the context that they are in: which span is the parent of what is done now. */
export function createTracing(name: string, environment: TracingEnvironment): Tracing {
  const contexts = new AsyncLocalStorageContextManager().enable()
  context.setGlobalContextManager(contexts)
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const provider = new TracerProvider({
    resource: resourceOf(name),
    sampler: samplerOf(environment),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: environment.OTEL_BSP_SCHEDULE_DELAY,
        exportTimeoutMillis: environment.OTEL_BSP_EXPORT_TIMEOUT,
        maxQueueSize: environment.OTEL_BSP_MAX_QUEUE_SIZE,
        maxExportBatchSize: environment.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
      }),
    ],
  })
  const tracer = provider.getTracer('portcullis')
  const stopRedis = traceRedis(tracer)
  return {
    tracer,
    async [Symbol.asyncDispose]() {
      stopRedis()
      // A collector that is away must not keep the process from ending well.
      await provider.shutdown().catch(() => {})
      propagation.disable()
      context.disable()
    },
  }
}

/** What `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say comes before what the app calls itself. */
function resourceOf(name: string) {
  const own = resourceFromAttributes({ 'service.name': name })
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }))
}

function samplerOf({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: TracingEnvironment) {
  const [root = name, isParentBased] = name.startsWith('parentbased_')
    ? [name.slice('parentbased_'.length), true]
    : [name, false]
  const sampler = rootSamplerOf(root, ratio)
  return isParentBased ? new ParentBasedSampler({ root: sampler }) : sampler
}

function rootSamplerOf(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler()
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
}
