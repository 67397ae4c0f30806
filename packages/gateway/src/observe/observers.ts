import { randomBytes } from 'node:crypto'
import type { Tracer } from '@opentelemetry/api'
import type { Metrics } from '@portcullis/runtime'
import type { OpenStreams } from '../forward/open-streams.ts'
import type { ServiceTable } from '../service-table.ts'
import { type AccessLogOptions, createAccessLog } from './access-log.ts'
import { createGatewayMetrics } from './gateway-metrics.ts'
import type { RequestObserver } from './observer.ts'
import { createPseudonyms } from './pseudonyms.ts'
import { createRequestTraces } from './request-traces.ts'

export interface ObservingOptions {
  readonly accessLog?: AccessLogOptions | undefined
  readonly metrics?: Metrics | undefined
  readonly tracer?: Tracer | undefined
  /** The installation's secret, from which names in the log are made. Default one of this gateway's own life. */
  readonly pepper?: string
}

export interface ObserversOptions extends ObservingOptions {
  readonly table: ServiceTable
  readonly openStreams: Pick<OpenStreams, 'size'>
}

/** @throws {TypeError} naming the option that is wrong. */
export function createObservers(options: ObserversOptions): RequestObserver[] {
  const { accessLog, metrics, tracer, table, openStreams } = options
  const observers: RequestObserver[] = []
  if (accessLog) {
    const pseudonyms = createPseudonyms(options.pepper ?? randomBytes(32))
    observers.push(createAccessLog(accessLog, table, pseudonyms))
  }
  if (metrics) observers.push(createGatewayMetrics({ metrics, table, openStreams }))
  if (tracer) observers.push(createRequestTraces(tracer))
  return observers
}
