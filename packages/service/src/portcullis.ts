import type { VerifiedContext } from '@portcullis/context'
import type { Follower } from '@portcullis/revocation'
import { type Clock, type Logger, systemClock } from '@portcullis/runtime'
import { bindScope, type RequestLike, type ResponseLike, setStaleHeader } from './http-message.ts'
import { type CallInfo, refuseInternalCalls } from './internal-calls.ts'
import type { KeySource } from './keys.ts'
import type { PortcullisContext } from './portcullis-context.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { createRequestScopes } from './request-scope.ts'
import { createTokenVerifier } from './token-verifier.ts'

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
  /** Verified contexts kept. Default 10,000. */
  maxContexts?: number
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
   * procedures before anything is executed.
   *
   * @throws {Refusal} see `RefusalReason`.
   */
  createContext(options: CreateContextOptions): Promise<RequestContext>
  /**
   * Who a request is for, judged now. No context means nobody; an invalid one is refused; one that is older than what
   * this service has heard is refused with the header `x-portcullis-stale` on `response`.
   *
   * @throws {Refusal} see `RefusalReason`.
   */
  createContextFrom(request: RequestLike, response?: ResponseLike): Promise<RequestContext>
  /** Aborts the signal of every request in flight. */
  abortInFlight(reason: Refusal): void
  /** Aborts those of subscriptions alone, which would not end by themselves. */
  abortSubscriptions(reason: Refusal): void
  /** Requests whose response is not complete. */
  readonly inFlight: number
}

/** @throws {TypeError} when a key source is not one. */
export function createPortcullis(options: PortcullisOptions): Portcullis {
  const { follower, logger, clock = systemClock } = options
  const verifier = createTokenVerifier(options, clock)
  const scopes = createRequestScopes(follower)

  async function decide(
    request: RequestLike,
    response?: ResponseLike,
    info?: CallInfo,
  ): Promise<RequestContext> {
    const caller = await verifier.readCaller(request)
    if (info) refuseInternalCalls(info, caller)
    const verified = await verifier.readContext(request)
    if (verified) await becomeFreshFor(verified)
    // The decision. No await from here on: what is said later reaches the scope as an event.
    if (verified && !follower.isFresh()) throw new Refusal('ERR_UNVERIFIABLE')
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
      ...(verified && { deadline: verified.deadline }),
      [Symbol.dispose]: () => scope[Symbol.dispose](),
    }
  }

  // Without a lease, or with a context of an epoch that this service has not adopted: fence once, then decide.
  async function becomeFreshFor({ position }: VerifiedContext): Promise<void> {
    if (follower.isFresh() && position.epoch <= follower.position.epoch) return
    await follower.catchUp().catch((cause: unknown) => {
      throw new Refusal('ERR_UNVERIFIABLE', { cause })
    })
  }

  function report(error: unknown): never {
    if (error instanceof Refusal) {
      const { reason, cause } = error
      logger[SUSPICIOUS.has(reason) ? 'warn' : 'debug']({ reason, err: cause }, 'request refused')
    }
    throw error
  }

  return {
    createContextFrom: (request, response) => decide(request, response).catch(report),
    createContext: ({ req, res, resHeaders, info }) =>
      decide(req, res ?? resHeaders, info).catch(report),
    abortInFlight: scopes.abortAll,
    abortSubscriptions: scopes.abortSubscriptions,
    get inFlight() {
      return scopes.size
    },
    [Symbol.dispose]: () => scopes[Symbol.dispose](),
  }
}

/** What no gateway and no service of ours sends. */
const SUSPICIOUS: ReadonlySet<RefusalReason> = new Set([
  'ERR_CONTEXT_INVALID',
  'ERR_ASSERTION_INVALID',
  'ERR_CALLER_REQUIRED',
  'ERR_UNVERIFIABLE',
])
