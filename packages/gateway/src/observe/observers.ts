import { randomBytes } from 'node:crypto'
import type { Routing } from '../routing.ts'
import { type AccessLogOptions, createAccessLog } from './access-log.ts'
import type { RequestObserver } from './observer.ts'
import { createPseudonyms } from './pseudonyms.ts'

export interface ObservingOptions {
  readonly accessLog?: AccessLogOptions | undefined
  /** The installation's secret, from which names in the log are made. Default one of this gateway's own life. */
  readonly pepper?: string
}

/** @throws {TypeError} naming the option that is wrong. */
export function createObservers(
  options: ObservingOptions | undefined,
  routing: Routing,
): RequestObserver[] {
  const observers: RequestObserver[] = []
  if (options?.accessLog) {
    const pseudonyms = createPseudonyms(options.pepper ?? randomBytes(32))
    observers.push(createAccessLog(options.accessLog, routing, pseudonyms))
  }
  return observers
}
