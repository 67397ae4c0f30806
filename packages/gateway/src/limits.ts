import { z } from 'zod'

/** Every bound of the gateway. All have defaults; a service may have a body limit of its own. */
export interface GatewayLimits {
  /** Longest request target, bytes. Default 14,336. */
  readonly urlBytes: number
  /** Request line and headers together, bytes. Default 16,384. */
  readonly headerBytes: number
  /** Largest request body, bytes. Default 1 MiB. */
  readonly bodyBytes: number
  /** A body up to this is held until it can no longer be needed again, bytes. Default 64 KiB. */
  readonly heldBodyBytes: number
  /** Calls in one batch. Default 50. */
  readonly batchSize: number
  /** Largest answer of one service to its part of a batch that spans services, bytes. Default 16 MiB. */
  readonly batchResponseBytes: number
  /** For the services of a streamed batch to begin, so that their headers can be merged, milliseconds. Default 500. */
  readonly batchHeadWaitMs: number
  /** Longest line of one service in a streamed batch that spans services, bytes. Default 16 MiB. */
  readonly batchLineBytes: number
  /** What one streamed batch may have announced and not yet given. Default 10,000. */
  readonly streamOpenValues: number
  /** Open client connections. Default 20,000. */
  readonly clientConnections: number
  /** Connections to one service for queries and mutations; streams are not counted. Default 256. */
  readonly serviceConnections: number
  /** Queries and mutations that a service is sent at once. Default 256. */
  readonly serviceConcurrency: number
  /** Queries and mutations that wait for their turn beyond those; 0 for none. Default 512. */
  readonly serviceQueue: number
  /** For such a turn, milliseconds. Default 1,000. */
  readonly serviceQueueMs: number
  /** Addresses of one host name that are used. Default 16. */
  readonly serviceAddresses: number
  /** Between two looks at what addresses a host name has, milliseconds. Default 10,000. */
  readonly resolveIntervalMs: number
  /** Between two looks at a `readyPath`, milliseconds. Default 1,000. */
  readonly probeIntervalMs: number
  /** For a `readyPath` to answer, milliseconds. Default 1,000. */
  readonly probeTimeoutMs: number
  /** Failures in a row after which a server is not asked any more. Default 5. */
  readonly breakerFailures: number
  /** Until it is looked whether such a server is back, milliseconds; doubles each time it is not. Default 1,000. */
  readonly breakerOpenMs: number
  /** The longest such wait, milliseconds. Default 5,000. */
  readonly breakerMaxOpenMs: number
  /** For the client to send its headers, milliseconds. Default 10,000. */
  readonly headersTimeoutMs: number
  /** For the client to send the whole request, milliseconds. Default 30,000. */
  readonly requestTimeoutMs: number
  /** An idle client connection is kept for, milliseconds. Default 65,000. */
  readonly keepAliveTimeoutMs: number
  /** To connect to a service, milliseconds. Default 2,000. */
  readonly connectTimeoutMs: number
  /** For a service to begin its answer, milliseconds. Default 30,000. */
  readonly upstreamTimeoutMs: number
  /** Between two chunks of an answer, milliseconds. Default 30,000. */
  readonly upstreamIdleTimeoutMs: number
  /** Between two chunks of a stream, milliseconds; 0 for never. Must exceed the services' ping interval. Default 300,000. */
  readonly streamIdleTimeoutMs: number
  /** Open streams, streamed batches included. Default 10,000. */
  readonly streams: number
  /** Open streams of one session. Default 50. */
  readonly streamsPerSession: number
  /** Open streams of one client address. Default 1,000. */
  readonly streamsPerAddress: number
  /** For a stream to stand still while its session cannot be verified, milliseconds; it ends then. Default 10,000. */
  readonly streamPauseMs: number
  /**
   * For what is under way at a service that was changed or removed by `updateServices`, milliseconds; then its streams are
   * ended and its connections closed as they become free. Default 60,000.
   */
  readonly retiredServiceMs: number
  /** Counters of one rate limit, of more the one used longest ago is forgotten. Default 50,000. */
  readonly rateLimitKeys: number
  /** For the identity verifier of `session.signIn`, milliseconds. Default 10,000. */
  readonly signInTimeoutMs: number
  /** For a page of the audit trail, milliseconds. Default 10,000. */
  readonly auditTimeoutMs: number
  /** For which it goes on answering after it has said that it is not ready any more, milliseconds. Default 0. */
  readonly drainDelayMs: number
  /** Largest frame of a WebSocket, in both directions, bytes. Default 1 MiB. */
  readonly socketMessageBytes: number
  /** Queries and mutations under way on one socket. Default 100. */
  readonly socketCalls: number
  /** Subscriptions open on one socket. Default 100. */
  readonly socketSubscriptions: number
  /** Sockets of one session. Default 20. */
  readonly socketsPerSession: number
  /** Sockets from one network address. Default 200. */
  readonly socketsPerAddress: number
  /** Sockets to one service, over all clients. Default 20,000. */
  readonly serviceSockets: number
  /** What may wait to be sent on one socket, to a client or a service, bytes. Default 4 MiB. */
  readonly socketBufferedBytes: number
  /** A socket whose other end gives no sign of life for so long is closed; a ping goes out at half of it, milliseconds. Default 60,000. */
  readonly socketIdleTimeoutMs: number
  /** How long a socket serves before its client is told to open another, milliseconds; at most 210,000. Default 210,000. */
  readonly socketLifetimeMs: number
  /** For a service to come back before the subscriptions that it lost fail, milliseconds. Default 30,000. */
  readonly socketResumeMs: number
  /** For requests in flight to finish when closing, milliseconds. Default 10,000. */
  readonly drainTimeoutMs: number
}

const positive = z.int().positive()

export const limitsSchema = z.strictObject({
  urlBytes: positive.default(14_336),
  headerBytes: positive.default(16_384),
  bodyBytes: positive.default(1_048_576),
  heldBodyBytes: positive.default(65_536),
  batchSize: positive.default(50),
  batchResponseBytes: positive.default(16_777_216),
  batchHeadWaitMs: positive.default(500),
  batchLineBytes: positive.default(16_777_216),
  streamOpenValues: positive.default(10_000),
  clientConnections: positive.default(20_000),
  serviceConnections: positive.default(256),
  serviceConcurrency: positive.default(256),
  serviceQueue: z.int().nonnegative().default(512),
  serviceQueueMs: positive.default(1_000),
  serviceAddresses: positive.default(16),
  resolveIntervalMs: positive.default(10_000),
  probeIntervalMs: positive.default(1_000),
  probeTimeoutMs: positive.default(1_000),
  breakerFailures: positive.default(5),
  breakerOpenMs: positive.default(1_000),
  breakerMaxOpenMs: positive.default(5_000),
  headersTimeoutMs: positive.default(10_000),
  requestTimeoutMs: positive.default(30_000),
  keepAliveTimeoutMs: positive.default(65_000),
  connectTimeoutMs: positive.default(2_000),
  upstreamTimeoutMs: positive.default(30_000),
  upstreamIdleTimeoutMs: positive.default(30_000),
  streamIdleTimeoutMs: z.int().nonnegative().default(300_000),
  streams: positive.default(10_000),
  streamsPerSession: positive.default(50),
  streamsPerAddress: positive.default(1_000),
  streamPauseMs: positive.default(10_000),
  retiredServiceMs: positive.default(60_000),
  rateLimitKeys: positive.default(50_000),
  signInTimeoutMs: positive.default(10_000),
  auditTimeoutMs: positive.default(10_000),
  drainDelayMs: z.int().nonnegative().default(0),
  socketMessageBytes: positive.default(1_048_576),
  socketCalls: positive.default(100),
  socketSubscriptions: positive.default(100),
  socketsPerSession: positive.default(20),
  socketsPerAddress: positive.default(200),
  serviceSockets: positive.default(20_000),
  socketBufferedBytes: positive.default(4_194_304),
  socketIdleTimeoutMs: positive.default(60_000),
  socketLifetimeMs: positive.max(210_000).default(210_000),
  socketResumeMs: positive.default(30_000),
  drainTimeoutMs: positive.default(10_000),
})

/** @throws {TypeError} naming each limit that is unknown or not a positive integer. */
export function resolveLimits(limits: Partial<GatewayLimits> = {}): GatewayLimits {
  const parsed = limitsSchema.safeParse(limits)
  if (!parsed.success) throw new TypeError(`limits: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
