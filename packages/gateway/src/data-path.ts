import { type Logger, systemClock } from '@portcullis/runtime'
import { createBatchAnswerer } from './batch/answer-batch.ts'
import {
  createStreamedBatchAnswerer,
  type StreamedBatchAnswererOptions,
} from './batch/streamed/answer-streamed-batch.ts'
import { createForwarder } from './forward/forward.ts'
import type { OpenStreams } from './forward/open-streams.ts'
import { createOutboundHeaders } from './forward/outbound-headers.ts'
import type { Resolve } from './forward/upstream/addresses.ts'
import { createCrossOrigin } from './guard/cross-origin.ts'
import { createOriginRule } from './guard/origin-rule.ts'
import type { QuotaExchange } from './guard/rate-limits/quota-exchange.ts'
import type { CheckedLimit } from './guard/rate-limits/rate-limit.ts'
import { createRateLimits } from './guard/rate-limits/rate-limits.ts'
import { securityHeaders } from './guard/security-headers.ts'
import type { TrustedProxies } from './guard/trusted-proxies.ts'
import type { GatewayLimits } from './limits.ts'
import { createRecorder } from './observe/observer.ts'
import { createObservers, type ObservingOptions } from './observe/observers.ts'
import { createCallReader } from './request/call.ts'
import type { TargetForm } from './request/target.ts'
import { envelopeOf, type Transformer } from './respond/envelope.ts'
import { createReplies } from './respond/reply.ts'
import { createArrivalReader } from './server/arrival.ts'
import { type Listening, type ListenOptions, listen } from './server/listen.ts'
import { createPublicEndpoints } from './server/public-endpoints.ts'
import { createFailureReporter, createRequestHandler } from './server/request-handler.ts'
import {
  createServiceTable,
  type ServicesUpdate,
  type ServiceTable,
  type ServiceTableOptions,
} from './service-table.ts'
import { createSessionSide, NO_SESSIONS, type SessionSideOptions } from './session-side.ts'
import { createUpgradeHandler } from './websocket/sockets.ts'

interface PathOptions extends ServicesUpdate {
  /** Stays the caller's to dispose of. */
  readonly openStreams: OpenStreams
  readonly allowedHeaders?: readonly string[] | undefined
  readonly trustedProxies?: TrustedProxies | undefined
  readonly rateLimits: readonly CheckedLimit[]
  /** Stays the caller's to dispose of. */
  readonly quotaExchange?: QuotaExchange | undefined
  readonly targetForm: TargetForm
  readonly transformer: Transformer
  readonly limits: GatewayLimits
  readonly onServices?: ServiceTableOptions['onServices']
  /** How host names of services are looked up. Default: as the operating system does. */
  readonly resolve?: Resolve
  /** Who looks on while requests pass. Default nobody. */
  readonly observing?: ObservingOptions | undefined
  readonly logger: Logger
}

export interface SessionPathOptions<SignInInput>
  extends PathOptions,
    Omit<SessionSideOptions<SignInInput>, keyof PathOptions> {
  readonly allowedOrigins: readonly string[]
}

interface PassThroughPathOptions extends PathOptions {
  readonly sessions: false
  readonly publicUrl: URL | undefined
  /** Undefined: it is for the services to say who may call. */
  readonly allowedOrigins: readonly string[] | undefined
}

export type DataPathOptions<SignInInput> = SessionPathOptions<SignInInput> | PassThroughPathOptions

/** The way of a request through the gateway, from the socket to the services and back. */
export interface DataPath extends AsyncDisposable {
  readonly updateServices: ServiceTable['update']
  listen(options?: ListenOptions): Promise<Listening>
}

/** @throws {TypeError} naming the option that is wrong. */
export function createDataPath<SignInInput>(options: DataPathOptions<SignInInput>): DataPath {
  const { limits, logger, openStreams, publicUrl, targetForm, transformer } = options
  const replies = createReplies(transformer)
  const side = options.sessions === false ? NO_SESSIONS : createSessionSide(options, replies)
  const { authenticator, cookie, own } = side
  const routing = createServiceTable(options, { ...options, reserved: side.ownNames })
  const fail = createFailureReporter(replies, logger)
  const outboundHeaders = createOutboundHeaders(publicUrl)
  const originRule = originRuleOf(options)
  const crossOrigin = createCrossOrigin({
    ...options,
    allowedOrigins: options.allowedOrigins ?? [],
  })
  const rateLimits = createRateLimits({
    ...options,
    authenticator,
    rateLimitKeys: limits.rateLimitKeys,
    clock: options.sessions === false ? systemClock : options.clock,
  })
  const readArrival = createArrivalReader(options.trustedProxies)
  const listening = new Set<Listening>()
  let isDraining = false

  const envelope = envelopeOf(transformer)
  const shared = { authenticator, cookie, limits, outboundHeaders, openStreams }
  const common = { ...shared, envelope, replies, routing, own }
  const observers = createObservers({ ...options.observing, table: routing, openStreams })
  const seen = { originRule, rateLimits, readArrival, observers }
  const upgrade = createUpgradeHandler({ ...common, ...seen, logger })
  const batches: StreamedBatchAnswererOptions = {
    ...common,
    fail,
    onPartError: ({ code, cause: err, message }, service, { id: requestId }) =>
      logger.warn({ requestId, code, service, err }, message),
  }
  const handle = createRequestHandler({
    ...side,
    limits,
    targetForm,
    routing,
    fail,
    crossOrigin,
    publicEndpoints: createPublicEndpoints({ ...side, isReady: () => !isDraining }),
    recorder: createRecorder(observers),
    rateLimits,
    readCall: createCallReader({ originRule, cookie }),
    forward: createForwarder({ ...common, fail }),
    answerBatch: createBatchAnswerer(batches),
    answerStreamedBatch: createStreamedBatchAnswerer(batches),
  })

  const mounted = side.relayEndpoints.mount(handle)

  function onDrain() {
    isDraining = true
  }

  function onClose() {
    openStreams.closeAll()
    side.relayEndpoints.endStreams()
  }

  const defaultHeaders = securityHeaders(publicUrl)
  const edge = { readArrival, headersFor: crossOrigin.headers, defaultHeaders }
  const serving = { limits, replies, fail, onDrain, onClose, ...edge }
  return {
    updateServices: routing.update,
    async listen(address) {
      const started = await listen({ ...serving, handle: mounted, upgrade }, address)
      listening.add(started)
      return started
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...listening].map((server) => server.close()))
      await routing[Symbol.asyncDispose]()
    },
  }
}

type Origins = Pick<PassThroughPathOptions, 'publicUrl' | 'allowedOrigins'>

function originRuleOf({ publicUrl, allowedOrigins }: Origins) {
  return allowedOrigins === undefined ? () => {} : createOriginRule({ publicUrl, allowedOrigins })
}
