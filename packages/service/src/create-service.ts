import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Tracer } from '@opentelemetry/api'
import type { Logger } from '@portcullis/runtime'
import type { AnyTRPCRouter, inferRouterContext, TRPCError } from '@trpc/server'
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http'
import { createDrain } from './drain.ts'
import { findMostRelaxed } from './freshness.ts'
import { answerHealth, type ReadyCheck } from './health.ts'
import { resolveLimits, type ServiceLimits } from './limits.ts'
import { type Listening, type ListenOptions, listen } from './listen.ts'
import { isUnexpected, mountRouter } from './mount-router.ts'
import { surroundProcedures } from './observe/around-call.ts'
import { createCallMetrics } from './observe/service-metrics.ts'
import { createCallTrace, createRequestTrace } from './observe/service-traces.ts'
import { createPortcullis, type PortcullisOptions } from './portcullis.ts'
import type { PortcullisContext } from './portcullis-context.ts'
import { Refusal } from './refusal.ts'
import { serveSockets } from './websocket/serve-sockets.ts'

type MaybePromise<Value> = Value | Promise<Value>

/** What the router's context has beside Portcullis's own values. */
export type ExtendContext<Router extends AnyTRPCRouter> = (
  context: PortcullisContext,
  request: IncomingMessage,
) => MaybePromise<inferRouterContext<Router>>

export type ServiceOptions<Router extends AnyTRPCRouter> = Omit<PortcullisOptions, 'service'> & {
  /** First part of every path, and the audience of the contexts it accepts. Lower-case letters, digits and `-`. */
  name: string
  /** Its transformer, error format and stream settings stay its own. */
  router: Router
  limits?: Partial<ServiceLimits>
  /** Makes spans, `(await startTracing('orders'))?.tracer`. Default nobody: then no request is traced. */
  tracer?: Tracer | undefined
  /** Further conditions of `/readyz`, beside that the log has been read. */
  ready?: ReadyCheck
} & (PortcullisContext extends inferRouterContext<Router>
    ? { extendContext?: ExtendContext<Router> }
    : { extendContext: ExtendContext<Router> })

export interface Service {
  /** @throws when the address is taken. */
  listen(options?: ListenOptions): Promise<Listening>
}

/** Milliseconds between two looks for connections that are past their timeouts. */
const TIMEOUT_CHECK_MS = 1_000

/**
 * A router behind node:http, mounted under the service's name: `orders` answers `/orders.list`, and `orders.list` on a
 * WebSocket. Anything beyond is a matter of `createPortcullis` and a server of one's own.
 *
 * @throws {TypeError} when an option is out of range.
 */
export function createService<Router extends AnyTRPCRouter>(
  options: ServiceOptions<Router>,
): Service {
  const { name, follower, ready, extendContext } = options
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new TypeError('`name` must be lower-case letters, digits and -')
  const limits = resolveLimits(options.limits)
  const { path, relaxedMs } = findMostRelaxed(options.router)
  // Whoever revokes waits as long as the follower says: a longer one would be believed after that.
  if (relaxedMs > follower.longestRelaxedMs)
    throw new TypeError(`${path} is relaxed by ${relaxedMs} ms, more than the follower's longest`)
  const router = mountRouter(name, options.router)
  if (options.tracer) surroundProcedures(router, createCallTrace(options.tracer))
  const callMetrics = options.metrics && createCallMetrics(options.metrics)
  if (callMetrics) surroundProcedures(router, callMetrics)
  const portcullis = createPortcullis({ ...options, service: name })
  const around = options.tracer && createRequestTrace(options.tracer)

  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      // Any other protocol is not offered: such a request is answered as if it had not asked.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    handle,
  )
  const socketRouter = mountRouter(name, options.router)
  if (callMetrics) surroundProcedures(socketRouter, callMetrics)
  const sockets = serveSockets(server, {
    router: socketRouter,
    portcullis,
    limits,
    extend,
    onError,
  })
  const drain = createDrain(server, {
    delayMs: limits.drainDelayMs,
    timeoutMs: limits.drainTimeoutMs,
    endSubscriptions() {
      portcullis.abortSubscriptions(new Refusal('ERR_DRAINING'))
      sockets.retire()
    },
    abort: () => portcullis.abortInFlight(new Refusal('ERR_DRAINING')),
    breakOff: sockets.terminate,
  })
  const isReady = async () =>
    !drain.started && follower.position.epoch > 0 && ((await ready?.()) ?? true)

  function handle(req: IncomingMessage, res: ServerResponse): void {
    if (answerHealth(req, res, isReady)) return
    if (around) around(req, res, () => answer(req, res))
    else answer(req, res)
  }

  function answer(req: IncomingMessage, res: ServerResponse): void {
    void nodeHTTPRequestHandler({
      router,
      req,
      res,
      path: pathOf(req),
      maxBodySize: limits.bodyBytes,
      maxBatchSize: limits.batchSize,
      async createContext({ info }) {
        return extend(await portcullis.createContext({ req, res, info }), req)
      },
      onError: ({ error, path }) => onError(error, path),
    })
  }

  function extend(context: PortcullisContext, request: IncomingMessage) {
    return extendContext ? extendContext(context, request) : context
  }

  function onError(error: TRPCError, path: string | undefined): void {
    portcullis.countRefusal(error)
    logUnexpected(options.logger, error, path)
  }

  return {
    listen: (address) =>
      listen(server, address, async () => {
        await drain.finish()
        portcullis[Symbol.dispose]()
      }),
  }
}

// As it came: what `new URL` would make of `..` or `//` is not what was asked for.
function pathOf({ url = '/' }: IncomingMessage): string {
  return url.slice(1).split('?', 1)[0] ?? ''
}

function logUnexpected(logger: Logger, error: TRPCError, path: string | undefined): void {
  if (isUnexpected(error)) logger.error({ err: error.cause, path }, 'procedure failed')
}
