import type { Logger, LogLevel } from '@portcullis/runtime'
import type { Session } from '@portcullis/sessions'
import { z } from 'zod'
import type { Routing } from '../routing.ts'
import { callsOf, type ObservedCall, serviceAt } from './observed-call.ts'
import type { RequestObserver, SocketCallRecord } from './observer.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import type { RequestRecord } from './request-record.ts'
import { type AddressForm, createAddressForm } from './shown-address.ts'
import { createWireBytes, type WireBytes } from './wire-bytes.ts'

export interface AccessLogOptions {
  /** Where the lines go: best one of `createAccessLogger`, which never waits for a slow reader. */
  readonly logger: Logger
  /** Of ordinary lines; what failed with a 5xx is at least `warn`. Default `info`. */
  readonly level?: Exclude<LogLevel, 'silent'>
  /** Share of the requests that succeeded of which there are lines, 0 to 1; what failed always has one. Default 1. */
  readonly sample?: number
  /** The client's network address: its network alone, a keyed hash, as it is, or nothing. Default `truncated`. */
  readonly address?: AddressForm
  /** Who is signed in: nothing, a keyed hash, or the subject's id. Default `omitted`. */
  readonly subject?: 'omitted' | 'hashed' | 'full'
}

const optionsSchema = z.object({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  sample: z.number().min(0).max(1).default(1),
  address: z.enum(['truncated', 'hashed', 'full', 'omitted']).default('truncated'),
  subject: z.enum(['omitted', 'hashed', 'full']).default('omitted'),
})
type Settings = z.output<typeof optionsSchema>

/**
 * A line for each procedure call, when its answer is complete; a stream has one more when it begins. No cookie, token,
 * input or query string is in it.
 *
 * @throws {TypeError} naming the option that is wrong.
 */
export function createAccessLog(
  options: AccessLogOptions,
  routing: Routing,
  pseudonyms: Pseudonyms,
): RequestObserver {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) throw new TypeError(`accessLog: ${z.prettifyError(parsed.error)}`)
  const settings = parsed.data
  const { logger } = options
  const bytesOf = createWireBytes()
  const callerFields = createCallerReader(settings, pseudonyms)
  const callerOf = ({ proof, response }: RequestRecord) =>
    callerFields(response.arrival.address, proof?.authentication?.session, proof?.isFromMemory)

  return {
    onSocketCall(call) {
      const { outcome } = call
      if (outcome === 'OK' && settings.sample < 1 && Math.random() >= settings.sample) return
      const kind = typeof outcome === 'string' ? undefined : outcome.kind
      logger[levelOf(settings, kind)](socketLineOf(call, routing, callerFields), 'call')
    },

    onOpen(record) {
      const [call] = callsOf(record, routing)
      const caller = callerOf(record)
      logger[settings.level](lineOf(record, caller, call), 'stream open')
    },

    onEnd(record) {
      const bytes = bytesOf(record.request.socket)
      const calls = callsOf(record, routing)
      if (isFine(record, calls) && settings.sample < 1 && Math.random() >= settings.sample) return
      const caller = callerOf(record)
      const outcome = outcomeOf(record, bytes)
      if (calls.length === 0) {
        logger[levelOf(settings, record.error?.kind)](
          lineOf(record, caller, undefined, outcome),
          'request',
        )
      }
      calls.forEach((call, index) => {
        const line = lineOf(record, caller, call, outcome, index)
        logger[levelOf(settings, call)](line, 'call')
      })
    },
  }
}

/** What failed on this side stands out. */
function levelOf(
  { level }: Settings,
  { status = 0 }: { readonly status?: number | undefined } = {},
) {
  return status < 500 || SEVERE.has(level) ? level : 'warn'
}

const SEVERE: ReadonlySet<LogLevel> = new Set(['warn', 'error', 'fatal'])

/** One literal, and fields that do not apply are undefined: the log leaves them out, and it costs the least. */
function lineOf(
  { request, response, target, call, error }: RequestRecord,
  caller: CallerFields,
  observed: ObservedCall | undefined,
  outcome?: OutcomeFields,
  index?: number,
) {
  const count = target?.paths.length
  const { id, trace } = response.arrival
  return {
    requestId: id,
    traceId: trace.traceId,
    method: request.method,
    form: call?.form,
    path: observed?.path,
    service: observed?.service,
    status: observed ? observed.status : response.statusCode,
    code: observed ? observed.code : error?.kind.trpc,
    error: observed ? observed.error : error?.code,
    calls: count,
    index: count === 1 ? undefined : index,
    durationMs: outcome?.durationMs,
    bytesIn: outcome?.bytesIn,
    bytesOut: outcome?.bytesOut,
    events: outcome?.events,
    aborted: outcome?.aborted,
    address: caller.address,
    session: caller.session,
    subject: caller.subject,
    cacheHit: caller.cacheHit,
  }
}

function socketLineOf(
  { arrival, session, method, path, outcome, durationMs }: SocketCallRecord,
  routing: Pick<Routing, 'of'>,
  callerFields: ReturnType<typeof createCallerReader>,
) {
  const error = typeof outcome === 'string' ? undefined : outcome
  return {
    requestId: arrival.id,
    traceId: arrival.trace.traceId,
    method,
    form: 'socket',
    path,
    service: path === undefined ? undefined : serviceAt(path, routing),
    status: error?.kind.status,
    code: error?.kind.trpc ?? outcome,
    error: error?.code,
    durationMs: Math.round(durationMs * 100) / 100,
    ...callerFields(arrival.address, session, undefined),
  }
}

type CallerFields = ReturnType<ReturnType<typeof createCallerReader>>

function createCallerReader(settings: Settings, pseudonyms: Pseudonyms) {
  const shownAddress = createAddressForm(settings.address, pseudonyms)
  const shownSubject = (session: Session) => {
    if (settings.subject === 'omitted') return undefined
    return settings.subject === 'full' ? session.subject : pseudonyms.ofSubject(session)
  }
  return (address: string, session: Session | undefined, cacheHit: boolean | undefined) => ({
    address: shownAddress(address),
    session: session && pseudonyms.ofSession(session),
    subject: session && shownSubject(session),
    cacheHit,
  })
}

type OutcomeFields = ReturnType<typeof outcomeOf>

function outcomeOf({ startedAt, response, events, call }: RequestRecord, bytes: WireBytes) {
  return {
    durationMs: Math.round((performance.now() - startedAt) * 100) / 100,
    bytesIn: bytes.bytesIn,
    bytesOut: bytes.bytesOut,
    events: call?.form === 'sse' ? events : undefined,
    aborted: response.writableFinished ? undefined : true,
  }
}

function isFine({ response }: RequestRecord, calls: readonly ObservedCall[]): boolean {
  const isOk = ({ code, status = 500 }: ObservedCall) => (code ?? 'OK') === 'OK' && status < 400
  return response.writableFinished && calls.length > 0 && calls.every(isOk)
}
