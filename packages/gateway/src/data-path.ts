import type { KeyRing } from '@portcullis/context'
import type { Clock, Logger } from '@portcullis/runtime'
import type { ClaimsSource, SessionStore } from '@portcullis/sessions'
import type { Authenticator } from './authenticator.ts'
import { createBatchAnswerer } from './batch/answer-batch.ts'
import { createForwarder } from './forward/forward.ts'
import type { OpenStreams } from './forward/open-streams.ts'
import { createOutboundHeaders } from './forward/outbound-headers.ts'
import type { ServiceRoute } from './forward/services.ts'
import { createCrossOrigin } from './guard/cross-origin.ts'
import { createOriginRule } from './guard/origin-rule.ts'
import { createSessionCookie, type SameSite } from './guard/session-cookie.ts'
import type { TrustedProxies } from './guard/trusted-proxies.ts'
import type { GatewayLimits } from './limits.ts'
import { createOwnAnswerer } from './procedures/answer-own.ts'
import { createSubscriptionAnswerer } from './procedures/answer-subscription.ts'
import type { IdentityVerifier } from './procedures/identity.ts'
import { createOwnProcedures } from './procedures/own-procedures.ts'
import { OWN_NAMES } from './procedures/router.ts'
import type { SignInThrottle } from './procedures/sign-in-throttle.ts'
import { createRelayEndpoints } from './relay/relay-endpoints.ts'
import type { Relaying } from './relay/relaying.ts'
import { createCallReader } from './request/call.ts'
import { envelopeOf, type Transformer } from './respond/envelope.ts'
import { createReplies } from './respond/reply.ts'
import type { Revocations } from './revocation/revocations.ts'
import { createArrivalReader } from './server/arrival.ts'
import { type Listening, type ListenOptions, listen } from './server/listen.ts'
import { createPublicEndpoints } from './server/public-endpoints.ts'
import { createFailureReporter, createRequestHandler } from './server/request-handler.ts'
import { createServiceTable, type ServiceTable } from './service-table.ts'

export interface DataPathOptions<SignInInput> {
  readonly services: Readonly<Record<string, ServiceRoute | string>>
  readonly authenticator: Authenticator
  readonly sessions: SessionStore
  readonly revocations: Revocations
  /** Stays the caller's to dispose of. */
  readonly openStreams: OpenStreams
  /** Stays the caller's to dispose of. Without it services cannot follow the log through this gateway. */
  readonly relaying?: Relaying | undefined
  readonly claims: ClaimsSource
  readonly identity: IdentityVerifier<SignInInput> | undefined
  readonly throttle: SignInThrottle
  readonly keyRing: KeyRing
  readonly publicUrl: URL
  readonly allowedOrigins: readonly string[]
  readonly allowedHeaders?: readonly string[] | undefined
  readonly sameSite: SameSite
  readonly trustedProxies?: TrustedProxies | undefined
  readonly transformer: Transformer
  readonly limits: GatewayLimits
  readonly logger: Logger
  readonly clock: Clock
}

/** The way of a request through the gateway, from the socket to the services and back. */
export interface DataPath extends AsyncDisposable {
  readonly updateServices: ServiceTable['update']
  listen(options?: ListenOptions): Promise<Listening>
}

/** @throws {TypeError} naming the option that is wrong. */
export function createDataPath<SignInInput>(options: DataPathOptions<SignInInput>): DataPath {
  const { authenticator, limits, logger, openStreams, publicUrl, transformer } = options
  const routing = createServiceTable(options, limits, OWN_NAMES)
  const cookie = createSessionCookie(options)
  const replies = createReplies(transformer)
  const fail = createFailureReporter(replies, logger)
  const outboundHeaders = createOutboundHeaders(publicUrl)
  const originRule = createOriginRule(options)
  const crossOrigin = createCrossOrigin(options)
  const readArrival = createArrivalReader(options.trustedProxies)
  const listening = new Set<Listening>()
  let isDraining = false

  const own = createOwnProcedures({
    ...options,
    cookie,
    signInTimeoutMs: limits.signInTimeoutMs,
    onError: (err, path, { id: requestId }) =>
      logger.error({ requestId, err, path }, 'A procedure of the gateway failed'),
  })
  const envelope = envelopeOf(transformer)
  const shared = { authenticator, cookie, limits, outboundHeaders, openStreams }
  const common = { ...shared, envelope, replies, routing, own }
  const relayEndpoints = createRelayEndpoints({ ...options, cookie })
  const handle = createRequestHandler({
    limits,
    routing,
    fail,
    crossOrigin,
    publicEndpoints: createPublicEndpoints({ ...options, isReady: () => !isDraining }),
    readCall: createCallReader({ originRule, cookie }),
    own,
    forward: createForwarder({ ...common, fail }),
    answerOwn: createOwnAnswerer({ ...common, bodyLimitBytes: limits.bodyBytes }),
    answerSubscription: createSubscriptionAnswerer(common),
    answerBatch: createBatchAnswerer({
      ...common,
      onPartError: ({ code, cause: err, message }, service, { id: requestId }) =>
        logger.warn({ requestId, code, service, err }, message),
    }),
  })

  const mounted = relayEndpoints.mount(handle)

  function onDrain() {
    isDraining = true
    openStreams.closeAll()
    relayEndpoints.endStreams()
  }

  return {
    updateServices: routing.update,
    async listen(address) {
      const started = await listen(
        {
          limits,
          replies,
          readArrival,
          headersFor: crossOrigin.headers,
          handle: mounted,
          fail,
          onDrain,
        },
        address,
      )
      listening.add(started)
      return started
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...listening].map((server) => server.close()))
      await routing[Symbol.asyncDispose]()
    },
  }
}
