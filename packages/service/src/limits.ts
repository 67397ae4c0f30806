/** What a service bears. Sizes in bytes, times in milliseconds. */
export interface ServiceLimits {
  /** Body of a request. Default 1 MiB. */
  readonly bodyBytes: number
  /** Calls in a batch. Default 50. */
  readonly batchSize: number
  /** Request line and headers. Default 16 KiB. */
  readonly headerBytes: number
  /** From the connection to the last header. Default 10,000. */
  readonly headersTimeoutMs: number
  /** From the connection to the last byte of the request. Default 30,000. */
  readonly requestTimeoutMs: number
  /** How long an idle connection is kept; longer than the gateway keeps its own. Default 65,000. */
  readonly keepAliveTimeoutMs: number
  /** Open WebSockets. Default 20,000. */
  readonly sockets: number
  /** What may wait to be read on one of them before its subscriptions wait. Default 1 MiB. */
  readonly socketBufferedBytes: number
  /** A WebSocket that is quiet for so long is pinged. Default 30,000. */
  readonly socketPingMs: number
  /** How long `close()` goes on answering after `/readyz` has turned to 503. Default 0. */
  readonly drainDelayMs: number
  /** How long `close()` then waits for requests in flight before it aborts them. Default 10,000. */
  readonly drainTimeoutMs: number
}

const DEFAULTS: ServiceLimits = {
  bodyBytes: 1024 * 1024,
  batchSize: 50,
  headerBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  sockets: 20_000,
  socketBufferedBytes: 1024 * 1024,
  socketPingMs: 30_000,
  drainDelayMs: 0,
  drainTimeoutMs: 10_000,
}

/** What may be nothing at all. */
const MAY_BE_ZERO = new Set(['drainDelayMs'])

/** @throws {TypeError} that names the limit which is not a positive integer. */
export function resolveLimits(limits: Partial<ServiceLimits> = {}): ServiceLimits {
  const resolved = { ...DEFAULTS, ...limits }
  for (const [name, value] of Object.entries(resolved))
    if (!Number.isSafeInteger(value) || value < (MAY_BE_ZERO.has(name) ? 0 : 1))
      throw new TypeError(`\`limits.${name}\` must be a positive integer`)
  return resolved
}
