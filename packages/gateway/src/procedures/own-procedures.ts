import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import type { Authentication, Authenticator } from '../authenticator.ts'
import { isPlausibleToken } from '../forward/proof.ts'
import { clientAddress } from '../guard/client-address.ts'
import type { Call } from '../request/call.ts'
import { buildTarget, type Target } from '../request/target.ts'
import type { Transformer } from '../respond/envelope.ts'
import type { PlainResult } from '../respond/reply.ts'
import type { Caller, ResponseHead } from './caller.ts'
import { createGatewayRouter, type ProcedureOptions } from './router.ts'

/** A request, or the part of one, for the gateway's own procedures. */
interface OwnRequest {
  readonly call: Call
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

/** The gateway's own procedures: one more service, inside. */
export interface OwnProcedures {
  answer(request: OwnRequest): Promise<OwnAnswer>
}

export interface OwnProceduresOptions<SignInInput> extends ProcedureOptions<SignInInput> {
  readonly transformer: Transformer
  /** Learns of failures that are nobody's input. */
  onError(error: unknown, path: string | undefined): void
}

export function createOwnProcedures<SignInInput>(
  options: OwnProceduresOptions<SignInInput>,
): OwnProcedures {
  const router = createGatewayRouter(options.transformer, options)
  return {
    async answer(request) {
      const head: ResponseHead = { cookie: undefined, retryAfterSeconds: undefined }
      const caller = await callerOf(options.authenticator, request, head)
      const response = await fetchRequestHandler({
        endpoint: '/',
        router,
        req: fetchRequest(request),
        createContext: () => caller,
        onError: ({ error, path }) => {
          if (isFault(error.code)) options.onError(error.cause ?? error, path)
        },
      })
      const hadCookie = request.call.cookie.value !== undefined
      return {
        results: resultsOf(await response.json(), request.target),
        status: response.status,
        cookies: head.cookie === undefined ? [] : [head.cookie],
        retryAfterSeconds: head.retryAfterSeconds,
        isEnded: hadCookie && caller.authentication === undefined && head.cookie === undefined,
      }
    },
  }
}

async function callerOf(
  authenticator: Authenticator,
  { call, signal }: OwnRequest,
  head: ResponseHead,
): Promise<Caller> {
  return {
    authentication: await authenticate(authenticator, call.cookie.value),
    address: clientAddress(call.request),
    userAgent: call.request.headers['user-agent'],
    signal,
    head,
  }
}

async function authenticate(
  authenticator: Authenticator,
  cookie: string | undefined,
): Promise<Authentication | undefined> {
  if (cookie === undefined || !isPlausibleToken(cookie)) return undefined
  return authenticator.authenticate(cookie)
}

function fetchRequest({ call, target, body }: OwnRequest): Request {
  return new Request(`http://gateway${buildTarget(target)}`, {
    method: call.method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
  })
}

/** tRPC answers one object to what fails as a whole; that is then the answer to each call. */
function resultsOf(body: unknown, target: Target): PlainResult[] {
  if (Array.isArray(body)) return body as PlainResult[]
  return target.paths.map(() => body as PlainResult)
}

function isFault(code: string): boolean {
  return code === 'INTERNAL_SERVER_ERROR' || code === 'SERVICE_UNAVAILABLE'
}
