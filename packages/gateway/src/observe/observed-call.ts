import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'
import type { Routing } from '../routing.ts'
import type { RequestRecord } from './request-record.ts'
import { codeOf } from './trpc-status.ts'

/** The gateway's own procedures, where a service is named. */
export const OWN_SERVICE = 'gateway'

/** One procedure call of a request that has ended, as far as it is known without reading payloads. */
export interface ObservedCall {
  readonly path: string
  /** Undefined if nobody answers to the path. */
  readonly service: string | undefined
  /** HTTP status of the answer that it was part of; undefined if there was none. */
  readonly status: number | undefined
  /** `OK`, or what tRPC calls the failure; undefined where several calls share a status that says nothing of each. */
  readonly code: TRPC_ERROR_CODE_KEY | 'OK' | undefined
  /** Why the gateway refused it or failed. */
  readonly error: GatewayErrorCode | undefined
}

const UNKNOWN = new GatewayError('ERR_SERVICE_UNKNOWN')

export function callsOf(record: RequestRecord, routing: Routing): ObservedCall[] {
  const { target } = record
  if (target === undefined) return []
  return target.paths.map((path) => observe(record, path, routing))
}

function observe(record: RequestRecord, path: string, routing: Routing): ObservedCall {
  const destination = routing.of(path)
  if (destination.kind === 'unknown') return failed(path, undefined, record.error ?? UNKNOWN)
  const service = destination.kind === 'own' ? OWN_SERVICE : destination.service.name
  const part = record.parts.find((candidate) => candidate.service === service)
  const error = record.error ?? part?.error ?? part?.refusals.get(path)
  if (error !== undefined && part?.status === undefined) return failed(path, service, error)
  const { response, call } = record
  const status = part?.status ?? (response.headersSent ? response.statusCode : undefined)
  // A streamed batch is 200 whatever becomes of its calls.
  const isSilent = status === undefined || status === 207 || call?.form === 'jsonl'
  const code = error?.kind.trpc ?? (isSilent ? undefined : codeOf(status))
  return { path, service, status, code, error: error?.code }
}

/** Undefined if nobody answers to the path. */
export function serviceAt(path: string, routing: Pick<Routing, 'of'>): string | undefined {
  const destination = routing.of(path)
  if (destination.kind === 'unknown') return undefined
  return destination.kind === 'own' ? OWN_SERVICE : destination.service.name
}

function failed(path: string, service: string | undefined, { code, kind }: GatewayError) {
  return { path, service, status: kind.status, code: kind.trpc, error: code }
}
