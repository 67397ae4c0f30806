import { createContextSigner, createId } from '@portcullis/context'
import { createKeyspace } from '@portcullis/redis'
import { createFollower, type Follower } from '@portcullis/revocation'
import { createSessionStore } from '@portcullis/sessions'
import { createAuthenticator } from './authentication/create-authenticator.ts'
import { createDataPath } from './data-path.ts'
import { createOpenStreams } from './forward/open-streams.ts'
import { createLimiting } from './limiting.ts'
import { type GatewayOptions, type PassThroughOptions, resolveOptions } from './options.ts'
import { createPassThrough } from './pass-through.ts'
import { createRelaying } from './relay/relaying.ts'
import { createRevocations, type Revocations } from './revocation/revocations.ts'
import type { Listening, ListenOptions } from './server/listen.ts'
import type { ServiceChanges, ServicesUpdate } from './service-table.ts'
import { createTransformerCheck } from './transformer-check.ts'

/** A gateway without sessions: routes, splits and merges calls. */
export interface PassThroughGateway extends AsyncDisposable {
  /** Streams and subscriptions that are open through it. */
  readonly openStreams: number
  /**
   * Replaces the services while requests are served; what is under way is finished where it is.
   *
   * @throws {TypeError} naming the service that is wrong; then nothing has changed.
   */
  updateServices(update: ServicesUpdate): ServiceChanges
  /** @returns where it listens, and how to stop listening without cutting requests off. */
  listen(options?: ListenOptions): Promise<Listening>
}

/** The one public door: owns sessions, forwards typed calls with a signed context. */
export interface Gateway extends PassThroughGateway, Pick<Revocations, 'revoke' | 'preview'> {}

/**
 * Connects to Redis, follows the event log and builds the gateway; listening is a step of its own.
 * Disposing drains what listens, then closes every connection. With `sessions: false` there is neither Redis nor any of
 * the options that have to do with it.
 *
 * @throws {TypeError} naming the option that is wrong.
 * @throws {RevocationError} `ERR_LOG_UNREADABLE` or `ERR_PEPPER_MISMATCH`.
 * @throws {RedisError} `ERR_REDIS_UNAVAILABLE` when Redis does not answer in ten seconds.
 */
export function createGateway(options: PassThroughOptions): Promise<PassThroughGateway>
export function createGateway<SignInInput = never>(
  options: GatewayOptions<SignInInput>,
): Promise<Gateway>
export async function createGateway<SignInInput>(
  options: GatewayOptions<SignInInput> | PassThroughOptions,
): Promise<PassThroughGateway> {
  return options.sessions === false ? createPassThrough(options) : createWithSessions(options)
}

async function createWithSessions<SignInInput>(
  options: GatewayOptions<SignInInput>,
): Promise<Gateway> {
  const resolved = resolveOptions(options)
  const { name, clock } = resolved
  const { redisUrl, pepper, tokenKeys, keyRing, claims, identity, audit, logger } = options
  const { keyspace = createKeyspace() } = options
  const shared = { redisUrl, name, keyspace }

  await using stack = new AsyncDisposableStack()
  const instance = createId('ins')
  // The store repairs the truth during the follower's first fence, before there is a follower to ask.
  let follower: Follower | undefined
  const adoptedEpoch = () => follower?.position.epoch ?? 0
  const { replicas } = options
  const { profiles, maxSessionsPerSubject } = resolved
  const history = { originator: instance, adoptedEpoch, replicas }
  const store = { pepper, tokenKeys, profiles, maxSessionsPerSubject, ...history }
  const sessions = stack.use(await createSessionStore({ ...shared, ...store }))
  follower = stack.use(
    await createFollower({
      ...shared,
      instance,
      clock,
      logger,
      repair: sessions.repair,
      metrics: options.metrics,
      ...(options.leaseMs !== undefined && { leaseMs: options.leaseMs }),
      replicas,
    }),
  )
  const signer = createContextSigner({ keyRing, clock: follower.clock })
  const authenticator = stack.use(
    createAuthenticator({
      store: sessions,
      claims,
      customClaims: options.customClaims,
      follower,
      signer,
      clock: follower.clock,
      logger,
    }),
  )
  const openStreams = stack.use(createOpenStreams(resolved.limits))
  const revocations = createRevocations({ sessions, follower, openStreams, clock })
  const { services, fallback, relay, leaseMs, accessLog, metrics, tracer } = options
  const relaying =
    relay &&
    stack.use(
      await createRelaying({
        ...shared,
        ...relay,
        voucher: authenticator,
        revocations,
        leaseMs,
        replicas,
        clock,
      }),
    )
  const limiting = stack.use(await createLimiting({ ...resolved, ...shared, pepper, logger }))
  const truth = { authenticator, sessions, revocations, claims, identity, audit }
  const observing = { accessLog, metrics, tracer, pepper }
  const { quotaExchange, throttle } = limiting
  const { follow: onServices } = stack.use(createTransformerCheck({ ...resolved, logger }))
  const routes = { services, fallback, onServices, relaying, openStreams, quotaExchange, throttle }
  const parts = { ...truth, ...routes, observing, keyRing, logger }
  const dataPath = stack.use(createDataPath({ ...resolved, ...parts, clock: follower.clock }))

  const owned = stack.move()
  return {
    listen: dataPath.listen,
    updateServices: dataPath.updateServices,
    revoke: revocations.revoke,
    preview: revocations.preview,
    get openStreams() {
      return openStreams.size
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
