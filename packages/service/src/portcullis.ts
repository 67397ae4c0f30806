import type { VerifiedContext } from '@portcullis/context'
import type { Follower } from '@portcullis/revocation'
import { type Clock, type Logger, type Metrics, systemClock } from '@portcullis/runtime'
import { type Allowance, allowanceOf, LEASE, STRICT } from './freshness.ts'
import {
  bindScope,
  type RequestLike,
  type ResponseLike,
  setRetryHeader,
  setStaleHeader,
} from './http-message.ts'
import { type CallInfo, refuseInternalCalls } from './internal-calls.ts'
import type { KeySource } from './keys.ts'
import type { PortcullisContext } from './portcullis-context.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { createRefusalCounter } from './refusal-counter.ts'
import { createRequestLeases } from './request-lease.ts'
import { createRequestScopes } from './request-scope.ts'
import { createTokenVerifier, isOfAnotherTime } from './token-verifier.ts'

export interface PortcullisOptions {
  /** The name of this service: the audience of the contexts and assertions it accepts. */
  service: string
  /** The gateway's keys. */
  keys: KeySource
  /** Keys of the services that may call internal procedures, by their names. Default none. */
  trust?: Readonly<Record<string, KeySource>>
  /** Of `@portcullis/revocation`. It stays the caller's to dispose of. */
  follower: Follower
  logger: Logger
  /** Where refusals, contexts and, of `createService`, calls are measured. Default nowhere. */
  metrics?: Metrics | undefined
  /** Verified contexts kept. Default 10,000. */
  maxContexts?: number
  /**
   * How long a stream that has something to say waits for a lease that is lost, in milliseconds, before it ends with an
   * error after which clients open it again. Default as long as a lease.
   */
  streamLeaseWaitMs?: number
  clock?: Clock
}

/** What tRPC adapters hand to `createContext`. */
export interface CreateContextOptions {
  readonly req: RequestLike
  readonly res?: ResponseLike
  readonly resHeaders?: Headers
  readonly info: CallInfo
}

/** Dispose of it when the response is complete, unless it was bound to a node response, which does that itself. */
export type RequestContext = PortcullisContext & Disposable

export interface Portcullis extends Disposable {
  /**
   * `createContext` for a tRPC server, whatever its adapter. Besides `createContextFrom` it refuses calls of internal
   * procedures, and holds the request to the strictest `freshness` of its calls, before anything is executed.
   *
   * @throws {Refusal} see `RefusalReason`.
   */
  createContext(options: CreateContextOptions): Promise<RequestContext>
  /**
   * Who a request is for, judged now. No context means nobody; an invalid one is refused; one that is older than what
   * this service has heard is refused with the header `x-portcullis-stale` on `response`. While nothing can be proved it
   * is refused with `ERR_UNVERIFIABLE` and `Retry-After`.
   *
   * @throws {Refusal} see `RefusalReason`.
   */
  createContextFrom(request: RequestLike, response?: ResponseLike): Promise<RequestContext>
  /** Counts an error if it is a refusal and was not counted before. `createContext` counts its own. */
  countRefusal(error: unknown): void
  /** Aborts the signal of every request in flight. */
  abortInFlight(reason: Refusal): void
  /** Aborts those of subscriptions alone, which would not end by themselves. */
  abortSubscriptions(reason: Refusal): void
  /** Requests whose response is not complete. */
  readonly inFlight: number
}

/** @throws {TypeError} when an option is out of range, or a key source is not one. */
export function createPortcullis(options: PortcullisOptions): Portcullis {
  const { follower, logger, clock = systemClock } = options
  const { streamLeaseWaitMs: waitMs = follower.leaseMs } = options
  if (!(waitMs >= 0)) throw new TypeError('`streamLeaseWaitMs` must not be negative')
  const verifier = createTokenVerifier(options, {
    contexts: follower.clock,
    assertions: clock,
  })
  const scopes = createRequestScopes(follower)
  const leases = createRequestLeases(follower, { waitMs, clock })
  const refusals = createRefusalCounter(options.metrics)

  async function decide(
    request: RequestLike,
    response?: ResponseLike,
    info?: CallInfo,
  ): Promise<RequestContext> {
    // Nothing is waited for that is known already: a turn of its own costs more than the whole decision.
    const calling = verifier.readCaller(request)
    const caller = calling instanceof Promise ? await calling : calling
    if (info) refuseInternalCalls(info, caller)
    const allowance = info ? allowanceOf(info) : LEASE
    const reading = verifier.readContext(request)
    const verified =
      reading instanceof Promise
        ? await reading.catch((error: unknown) => readAgain(error, request, response))
        : reading
    const lease = leases.of(allowance)
    const isProven =
      !verified || isKnown(verified, allowance) || ((await prove(allowance)) && lease.isHeld())
    // The decision. No await from here on: what is said later reaches the scope as an event.
    if (!isProven) throw new Refusal('ERR_UNVERIFIABLE')
    if (verified && follower.isStale(verified.principal, verified.position)) {
      setStaleHeader(response, follower.position)
      throw new Refusal('ERR_CONTEXT_STALE')
    }
    const scope = scopes.open(
      verified && { keys: verified.principal, checkedAt: verified.position },
      info?.type === 'subscription' ? 'subscription' : 'call',
    )
    bindScope(scope, request, response)
    return {
      principal: verified?.principal ?? null,
      caller,
      signal: scope.signal,
      ...(verified && { deadline: verified.deadline, lease }),
      [Symbol.dispose]: () => scope[Symbol.dispose](),
    }
  }

  // Who signed may follow a server whose clock this service has not seen yet, or the other way round: the time is asked for
  // once before it refuses, and the gateway told from where on its next context would be in time.
  async function readAgain(error: unknown, request: RequestLike, response?: ResponseLike) {
    if (!isOfAnotherTime(error)) throw error
    await follower.catchUp().catch((cause: unknown) => {
      throw new Refusal('ERR_UNVERIFIABLE', { cause })
    })
    try {
      return await verifier.readContext(request)
    } catch (refusal) {
      if (isOfAnotherTime(refusal)) setStaleHeader(response, follower.position)
      throw refusal
    }
  }

  /** Whether what this instance has heard so far is enough to decide by. */
  function isKnown({ position }: VerifiedContext, allowance: Allowance): boolean {
    if (allowance === STRICT || position.epoch > follower.position.epoch) return false
    return follower.isFresh(allowance)
  }

  // A strict request needs a fence of its own, shared with others. So does one without a lease, or with a context of an
  // epoch that this service has not adopted; then it is the lease that decides, whatever that fence brought.
  async function prove(allowance: Allowance): Promise<boolean> {
    const isProven = await follower.catchUp().catch((cause: unknown) => {
      throw new Refusal('ERR_UNVERIFIABLE', { cause })
    })
    return isProven || allowance !== STRICT
  }

  function report(error: unknown, response?: ResponseLike): never {
    if (error instanceof Refusal) {
      const { reason, cause } = error
      refusals.count(error)
      if (reason === 'ERR_UNVERIFIABLE') setRetryHeader(response)
      logger[SUSPICIOUS.has(reason) ? 'warn' : 'debug']({ reason, err: cause }, 'request refused')
    }
    throw error
  }

  return {
    createContextFrom: (request, response) =>
      decide(request, response).catch((error: unknown) => report(error, response)),
    createContext: ({ req, res, resHeaders, info }) => {
      const response = res ?? resHeaders
      return decide(req, response, info).catch((error: unknown) => report(error, response))
    },
    countRefusal: refusals.count,
    abortInFlight: scopes.abortAll,
    abortSubscriptions: scopes.abortSubscriptions,
    get inFlight() {
      return scopes.size
    },
    [Symbol.dispose]() {
      scopes[Symbol.dispose]()
      leases[Symbol.dispose]()
    },
  }
}

/** What no gateway and no service of ours sends. */
const SUSPICIOUS: ReadonlySet<RefusalReason> = new Set([
  'ERR_CONTEXT_INVALID',
  'ERR_ASSERTION_INVALID',
  'ERR_CALLER_REQUIRED',
  'ERR_UNVERIFIABLE',
])
