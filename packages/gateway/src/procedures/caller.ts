import type { Authentication, Authenticator } from '../authenticator.ts'
import { isPlausibleToken } from '../forward/proof.ts'
import type { CallOrigin } from '../request/call.ts'

/** What the gateway's own procedures know of the request that called them. */
export interface Caller {
  readonly authentication: Authentication | undefined
  /** Who the same cookie stands for now. @throws {GatewayError} `ERR_UNVERIFIABLE` */
  reauthenticate(): Promise<Authentication | undefined>
  readonly requestId: string
  /** Network address of the client. */
  readonly address: string
  /** The `Cookie` header. */
  readonly cookies: string | undefined
  readonly userAgent: string | undefined
  /** Fires when the client leaves. */
  readonly signal: AbortSignal
  /** Collects what belongs into the head of the response. */
  readonly head: ResponseHead
}

interface ResponseHead {
  /** `Set-Cookie` value of the session cookie; the last one counts. */
  cookie: string | undefined
  /** `Set-Cookie` value by which the device is known at its next sign-in. */
  deviceCookie: string | undefined
  /** The browser is told to forget what it keeps. */
  isSignedOut: boolean
  retryAfterSeconds: number | undefined
}

/** @throws {GatewayError} `ERR_UNVERIFIABLE` */
export async function callerOf(
  authenticator: Authenticator,
  call: CallOrigin,
  signal: AbortSignal,
): Promise<Caller> {
  const authenticate = async () => {
    const { value } = call.cookie
    if (value === undefined || !isPlausibleToken(value)) return undefined
    return authenticator.authenticate(value)
  }
  return {
    authentication: await authenticate(),
    reauthenticate: authenticate,
    requestId: call.id,
    address: call.address,
    cookies: call.request.headers.cookie,
    userAgent: call.request.headers['user-agent'],
    signal,
    head: {
      cookie: undefined,
      deviceCookie: undefined,
      isSignedOut: false,
      retryAfterSeconds: undefined,
    },
  }
}
