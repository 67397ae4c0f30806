import type { AssuranceLevel, KeyRing } from '@portcullis/context'
import type { Clock, Logger } from '@portcullis/runtime'
import type { ClaimsSource, SessionStore } from '@portcullis/sessions'
import type { Authenticator } from './authenticator.ts'
import { GatewayError } from './errors.ts'
import type { OpenStreams } from './forward/open-streams.ts'
import type { ClearSiteData } from './guard/security-headers.ts'
import { createSessionCookie, type SameSite, type SessionCookie } from './guard/session-cookie.ts'
import type { GatewayLimits } from './limits.ts'
import { createOwnAnswerer, type OwnAnswerer } from './procedures/answer-own.ts'
import { createSubscriptionAnswerer } from './procedures/answer-subscription.ts'
import type { AuditSource } from './procedures/audit-source.ts'
import type { IdentityVerifier } from './procedures/identity.ts'
import { OWN_NAMES } from './procedures/own-names.ts'
import { createOwnProcedures, type OwnProcedures } from './procedures/own-procedures.ts'
import type { SignInThrottle } from './procedures/sign-in-throttle.ts'
import { createRelayEndpoints, type RelayEndpoints } from './relay/relay-endpoints.ts'
import type { Relaying } from './relay/relaying.ts'
import type { Transformer } from './respond/envelope.ts'
import type { Replies } from './respond/reply.ts'
import type { Revocations } from './revocation/revocations.ts'

export interface SessionSideOptions<SignInInput> {
  readonly authenticator: Authenticator
  readonly sessions: SessionStore
  readonly revocations: Revocations
  readonly openStreams: OpenStreams
  /** Stays the caller's to dispose of. Without it services cannot follow the log through this gateway. */
  readonly relaying?: Relaying | undefined
  readonly claims: ClaimsSource
  readonly identity: IdentityVerifier<SignInInput> | undefined
  readonly audit?: AuditSource | undefined
  readonly throttle: SignInThrottle
  readonly sessionProfile: AssuranceLevel
  readonly adminAssurance: AssuranceLevel
  readonly keyRing: KeyRing
  readonly publicUrl: URL
  readonly sameSite: SameSite
  readonly clearSiteData: ClearSiteData
  readonly transformer: Transformer
  readonly allowMethodOverride: boolean
  readonly limits: GatewayLimits
  readonly logger: Logger
  readonly clock: Clock
}

/** What of the data path knows of sessions. */
export interface SessionSide {
  readonly authenticator: Authenticator
  readonly cookie: SessionCookie | undefined
  readonly keyRing: KeyRing | undefined
  readonly own: OwnProcedures
  /** First segments of the gateway's own procedures. */
  readonly ownNames: ReadonlySet<string>
  readonly answerOwn: OwnAnswerer
  readonly answerSubscription: OwnAnswerer
  readonly relayEndpoints: RelayEndpoints
}

export function createSessionSide<SignInInput>(
  options: SessionSideOptions<SignInInput>,
  replies: Replies,
): SessionSide {
  const { authenticator, keyRing, limits, logger } = options
  const cookie = createSessionCookie(options)
  const own = createOwnProcedures({
    ...options,
    cookie,
    audit: options.audit,
    signInTimeoutMs: limits.signInTimeoutMs,
    auditTimeoutMs: limits.auditTimeoutMs,
    onError: (err, path, { id: requestId }) =>
      logger.error({ requestId, err, path }, 'A procedure of the gateway failed'),
  })
  const common = { ...options, own, cookie, replies, bodyLimitBytes: limits.bodyBytes }
  return {
    authenticator,
    cookie,
    keyRing,
    own,
    ownNames: OWN_NAMES,
    answerOwn: createOwnAnswerer(common),
    answerSubscription: createSubscriptionAnswerer(common),
    relayEndpoints: createRelayEndpoints({ ...options, cookie }),
  }
}

const NOTHING_OF_ITS_OWN = async () => {
  throw new GatewayError('ERR_SERVICE_UNKNOWN')
}

/** There are none: everybody is nobody, every cookie is the services', and no path is the gateway's own. */
export const NO_SESSIONS: SessionSide = {
  authenticator: {
    authenticate: () => undefined,
    catchUp: async () => {},
    place: NOTHING_OF_ITS_OWN,
  },
  cookie: undefined,
  keyRing: undefined,
  own: {
    answer: NOTHING_OF_ITS_OWN,
    subscribe: NOTHING_OF_ITS_OWN,
    isSubscription: () => false,
  },
  ownNames: new Set(),
  answerOwn: NOTHING_OF_ITS_OWN,
  answerSubscription: NOTHING_OF_ITS_OWN,
  relayEndpoints: { mount: (handle) => handle, endStreams() {} },
}
