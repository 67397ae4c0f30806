import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { GatewayError } from '../errors.ts'
import { type ClearSiteData, clearSiteDataOf } from '../guard/security-headers.ts'
import { OWN_SERVICE } from '../observe/observed-call.ts'
import type { PartRecord } from '../observe/request-record.ts'
import type { Call, CallOrigin } from '../request/call.ts'
import { buildTarget, type Target } from '../request/target.ts'
import type { Transformer } from '../respond/envelope.ts'
import type { PlainResult } from '../respond/reply.ts'
import { type Caller, callerOf } from './caller.ts'
import { createGatewayRouter, type ProcedureOptions } from './router.ts'

/** A request, or the part of one, for the gateway's own procedures. */
interface OwnRequest {
  /** Without a response when it came over a socket. */
  readonly call: CallOrigin & Pick<Call, 'method'> & Partial<Pick<Call, 'response'>>
  readonly target: Target
  /** JSON text; absent for a GET, whose input is in the target. */
  readonly body: string | undefined
  readonly signal: AbortSignal
}

interface OwnAnswer {
  /** One a call. */
  readonly results: readonly PlainResult[]
  readonly status: number
  /** `Set-Cookie` values. */
  readonly cookies: readonly string[]
  readonly retryAfterSeconds: number | undefined
  /** The session cookie that came is of no use any more, and no procedure has said what becomes of it. */
  readonly isEnded: boolean
}

/** A request whose caller is known. */
interface Begun {
  readonly caller: Caller
  readonly part: PartRecord | undefined
}

/** A subscription that has been opened. */
interface OwnSubscription {
  readonly caller: Caller
  /** Server-sent events, in the transformer's envelope. */
  readonly body: ReadableStream<Uint8Array>
}

/** The gateway's own procedures: one more service, inside. */
export interface OwnProcedures {
  /** @throws {GatewayError} `ERR_STREAM_NOT_REQUESTED` if one of the calls is a subscription. */
  answer(request: OwnRequest): Promise<OwnAnswer>
  isSubscription(path: string): boolean
  /** Ends when the signal of the request aborts. */
  subscribe(request: OwnRequest): Promise<OwnSubscription>
}

export interface OwnProceduresOptions<SignInInput> extends ProcedureOptions<SignInInput> {
  readonly transformer: Transformer
  /** Whether queries may come by POST. */
  readonly allowMethodOverride: boolean
  /** What a browser forgets at sign-out. */
  readonly clearSiteData: ClearSiteData
  /** Learns of failures that are nobody's input. */
  onError(error: unknown, path: string | undefined, call: CallOrigin): void
}

export function createOwnProcedures<SignInInput>(
  options: OwnProceduresOptions<SignInInput>,
): OwnProcedures {
  const plain = createGatewayRouter(options.transformer, options)
  const wrapped = createGatewayRouter(options.transformer, options, 'wrapped')
  const subscriptions = subscriptionsOf(plain)
  const isSubscription = (path: string) => subscriptions.has(path)

  async function begin({ call, signal }: OwnRequest): Promise<Begun> {
    const part = call.response?.record?.part(OWN_SERVICE)
    const caller = await callerOf(options.authenticator, call, signal)
    if (caller.authentication) {
      part?.sent({ authentication: caller.authentication, isEnded: false })
    }
    return { caller, part }
  }

  function handle(
    router: typeof plain,
    request: OwnRequest,
    { caller, part }: Begun,
    accept: string,
  ) {
    return fetchRequestHandler({
      endpoint: '/',
      allowMethodOverride: options.allowMethodOverride,
      router,
      req: fetchRequest(request, accept),
      createContext: () => caller,
      onError: ({ error, path = '' }) => {
        if (error.cause instanceof GatewayError) part?.refusals.set(path, error.cause)
        if (isFault(error)) options.onError(error.cause ?? error, path, request.call)
      },
    })
  }

  return {
    isSubscription,

    async answer(request) {
      const { call, target } = request
      if (target.paths.some(isSubscription)) throw new GatewayError('ERR_STREAM_NOT_REQUESTED')
      const begun = await begin(request)
      const response = await handle(plain, request, begun, 'application/json')
      begun.part?.answered(response.status)
      const { head, authentication } = begun.caller
      const forgotten = head.isSignedOut ? clearSiteDataOf(options.clearSiteData) : undefined
      if (forgotten !== undefined) call.response?.added.push('clear-site-data', forgotten)
      const hadCookie = call.cookie.value !== undefined
      return {
        results: resultsOf(await response.json(), target),
        status: response.status,
        cookies: [head.cookie, head.deviceCookie].filter((cookie) => cookie !== undefined),
        retryAfterSeconds: head.retryAfterSeconds,
        isEnded: hadCookie && authentication === undefined && head.cookie === undefined,
      }
    },

    async subscribe(request) {
      const begun = await begin(request)
      const { body } = await handle(wrapped, request, begun, 'text/event-stream')
      if (body === null) throw new GatewayError('ERR_INTERNAL')
      return { caller: begun.caller, body }
    },
  }
}

function subscriptionsOf({ _def }: AnyTRPCRouter): ReadonlySet<string> {
  const procedures: [string, AnyTRPCProcedure][] = Object.entries(_def.procedures)
  return new Set(
    procedures.filter(([, { _def }]) => _def.type === 'subscription').map(([path]) => path),
  )
}

function fetchRequest({ call, target, body, signal }: OwnRequest, accept: string): Request {
  return new Request(`http://gateway${buildTarget(target)}`, {
    method: call.method,
    headers: { accept, 'content-type': 'application/json' },
    signal,
    ...(body !== undefined && { body }),
  })
}

/** tRPC answers one object to what fails as a whole; that is then the answer to each call. */
function resultsOf(body: unknown, target: Target): PlainResult[] {
  if (Array.isArray(body)) return body as PlainResult[]
  return target.paths.map(() => body as PlainResult)
}

function isFault({ code, cause }: { readonly code: string; readonly cause?: unknown }): boolean {
  if (cause instanceof GatewayError) return cause.kind.status >= 500
  return code === 'INTERNAL_SERVER_ERROR' || code === 'SERVICE_UNAVAILABLE'
}
