import {
  ASSERTION_HEADER,
  CONTEXT_HEADER,
  ContextError,
  createAssertionVerifier,
  createContextVerifier,
  type VerifiedContext,
} from '@portcullis/context'
import { type Clock, type Metrics, noMetrics } from '@portcullis/runtime'
import { type RequestLike, readHeader } from './http-message.ts'
import { type KeySource, toVerificationKeys } from './keys.ts'
import { Refusal } from './refusal.ts'

export interface TokenVerifierOptions {
  readonly service: string
  readonly keys: KeySource
  readonly trust?: Readonly<Record<string, KeySource>>
  readonly maxContexts?: number
  readonly metrics?: Metrics | undefined
}

/** The two tokens that a request may carry; null where it carries none. */
export interface TokenVerifier {
  /** Synchronous where possible. @throws {Refusal} by rejection */
  readContext(request: RequestLike): VerifiedContext | null | Promise<VerifiedContext>
  /** @throws {Refusal} by rejection */
  readCaller(request: RequestLike): null | Promise<{ readonly service: string }>
}

/**
 * @param clocks Contexts go by the one clock of all who follow the log; assertions by that of the host, as who signs them
 *   need not follow it.
 */
export function createTokenVerifier(
  options: TokenVerifierOptions,
  clocks: { readonly contexts: Clock; readonly assertions: Clock },
): TokenVerifier {
  const { service: audience, maxContexts, metrics = noMetrics, trust = {} } = options
  const lookups = metrics.counter({
    name: 'portcullis_context_lookups_total',
    help: 'Requests with a context, by whether it was verified before and found in memory.',
    labels: ['outcome'],
  })
  const contexts = createContextVerifier({
    audience,
    keys: toVerificationKeys(options.keys),
    clock: clocks.contexts,
    ...(maxContexts !== undefined && { maxEntries: maxContexts }),
  })
  const trusted = Object.entries(trust).map(([name, source]) => [name, toVerificationKeys(source)])
  const assertions = createAssertionVerifier({
    audience,
    trust: Object.fromEntries(trusted),
    clock: clocks.assertions,
  })

  return {
    readContext(request) {
      const token = readHeader(request, CONTEXT_HEADER)
      if (token === undefined) return null
      const verified = contexts.verify(token)
      lookups.add(1, { outcome: verified instanceof Promise ? 'verified' : 'memory' })
      return verified instanceof Promise ? verified.catch(refuseContext) : verified
    },
    readCaller(request) {
      const token = readHeader(request, ASSERTION_HEADER)
      return token === undefined ? null : assertions.verify(token).catch(refuseAssertion)
    },
  }
}

/** Whether a context was refused for its times alone. */
export function isOfAnotherTime(error: unknown): boolean {
  if (!(error instanceof Refusal) || !(error.cause instanceof ContextError)) return false
  return TIMES.has(error.cause.code)
}

const TIMES: ReadonlySet<string> = new Set(['ERR_CONTEXT_EXPIRED', 'ERR_CONTEXT_EARLY'])

function refuseContext(cause: unknown): never {
  throw new Refusal(contextReason(cause), { cause })
}

function contextReason(cause: unknown) {
  if (!(cause instanceof ContextError)) return 'ERR_UNVERIFIABLE'
  if (cause.code === 'ERR_KEYS_UNAVAILABLE') return 'ERR_UNVERIFIABLE'
  return cause.code === 'ERR_CONTEXT_EXPIRED' ? 'ERR_CONTEXT_EXPIRED' : 'ERR_CONTEXT_INVALID'
}

function refuseAssertion(cause: unknown): never {
  const known = cause instanceof ContextError && cause.code === 'ERR_ASSERTION_INVALID'
  throw new Refusal(known ? 'ERR_ASSERTION_INVALID' : 'ERR_UNVERIFIABLE', { cause })
}
