import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { eventually } from '@portcullis/testing'
import {
  createTRPCClient,
  createWSClient,
  type TRPCWebSocketClient,
  type WebSocketClientOptions,
  wsLink,
} from '@trpc/client'
import { initTRPC, TRPCError, tracked } from '@trpc/server'
import { applyWSSHandler, type CreateWSSContextFnOptions } from '@trpc/server/adapters/ws'
import { expect } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { ComposeRouters } from '../../src/compose-routers.ts'
import type { GatewayRouters } from '../../src/procedures/router.ts'
import type { Credentials } from '../support/start-gateway.ts'
import { serve, type Upstream } from '../support/upstream.ts'

export interface SocketService extends Upstream {
  /** Requests for a socket. */
  readonly upgrades: IncomingMessage[]
  readonly sockets: ReadonlySet<WebSocket>
  /** After which event each `count` began. */
  readonly counted: readonly (string | undefined)[]
  /** Lets go the procedure `held`. */
  release(): void
  broadcastReconnect(): void
  /** Breaks every socket without a word. */
  drop(): void
}

type Context = {
  headers: IncomingMessage['headers']
  params: Readonly<Record<string, string | undefined>> | null
}
type ServiceRouter = ReturnType<typeof createServiceRouter>['service']

interface Journal {
  readonly aborted: string[]
  /** After which event each `count` began. */
  readonly counted: (string | undefined)[]
  readonly held: PromiseWithResolvers<void>
}

function createServiceRouter({ aborted, counted, held }: Journal) {
  const t = initTRPC.context<Context>().create()
  const service = t.router({
    hello: t.procedure.query(() => 'hello'),
    echo: t.procedure.input(z.unknown()).query(({ input }) => ({ input })),
    add: t.procedure.input(z.number()).mutation(({ input }) => input + 1),
    who: t.procedure.query(({ ctx }) => ctx.headers['x-portcullis-context'] ?? null),
    headers: t.procedure.query(({ ctx }) => ctx.headers),
    params: t.procedure.query(({ ctx }) => ctx.params),
    fail: t.procedure.query(() => {
      throw new TRPCError({ code: 'CONFLICT', message: 'as asked' })
    }),
    held: t.procedure.query(async () => {
      await held.promise
      return 'released'
    }),
    wait: t.procedure.query(() => new Promise<string>(() => {})),
    flood: t.procedure.input(z.number()).subscription(async function* ({ input, signal }) {
      for (let i = 0; i < input && !signal?.aborted; i++) yield 'x'.repeat(100_000)
    }),
    beats: t.procedure.subscription(async function* ({ signal }) {
      for (let beat = 0; !signal?.aborted; beat++) {
        yield beat
        await setTimeout(20)
      }
    }),
    unstoppable: t.procedure.subscription(async function* () {
      try {
        yield 1
      } finally {
        await new Promise(() => {})
      }
    }),
    count: t.procedure
      .input(z.object({ to: z.number(), lastEventId: z.string().optional() }))
      .subscription(async function* ({ input, signal, path }) {
        counted.push(input.lastEventId)
        signal?.addEventListener('abort', () => aborted.push(path))
        const first = input.lastEventId === undefined ? 1 : Number(input.lastEventId) + 1
        for (let i = first; i <= input.to; i++) yield tracked(String(i), i)
        await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      }),
  })
  return { t, service }
}

/** A stock tRPC service with HTTP and WebSocket on one port. */
export async function startSocketService(
  name: string,
  options: { port?: number; refuse?: (context: Context) => void } = {},
): Promise<SocketService> {
  const journal: Journal = { aborted: [], counted: [], held: Promise.withResolvers<void>() }
  const upgrades: IncomingMessage[] = []
  const { t, service } = createServiceRouter(journal)
  const server = createServer()
  const wss = new WebSocketServer({ server })
  server.on('upgrade', (request) => upgrades.push(request))
  const { broadcastReconnectNotification } = applyWSSHandler({
    wss,
    router: t.router({ [name]: service }),
    createContext({ req, info }: CreateWSSContextFnOptions) {
      const context = { headers: req.headers, params: info.connectionParams }
      options.refuse?.(context)
      return context
    },
  })
  const drop = () => {
    for (const socket of wss.clients) socket.terminate()
  }
  const upstream = await serve(server, journal.aborted, options.port)
  return {
    ...upstream,
    upgrades,
    sockets: wss.clients,
    counted: journal.counted,
    release: journal.held.resolve,
    broadcastReconnect: broadcastReconnectNotification,
    drop,
    async [Symbol.asyncDispose]() {
      drop()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

type SocketRouter = ComposeRouters<
  { orders: ServiceRouter; users: ServiceRouter } & GatewayRouters<Credentials>
>

export interface SocketClient extends AsyncDisposable {
  readonly api: ReturnType<typeof createTRPCClient<SocketRouter>>
  readonly socket: TRPCWebSocketClient
  /** Close codes, in order. */
  readonly closes: (number | undefined)[]
  /** How often a socket was opened. */
  opens: number
}

/** A stock client on a WebSocket, with these headers in its upgrade. */
export function createSocketClient(
  url: string,
  headers: () => Record<string, string> = () => ({}),
  options: Partial<WebSocketClientOptions> = {},
): SocketClient {
  class Socket extends WebSocket {
    constructor(address: string) {
      super(address, { headers: headers() })
    }
  }
  const state = { closes: [] as (number | undefined)[], opens: 0 }
  const socket = createWSClient({
    url: url.replace('http', 'ws'),
    WebSocket: Socket as never,
    onOpen: () => {
      state.opens += 1
    },
    onClose: (cause) => state.closes.push(cause?.code),
    retryDelayMs: (attempt) => (attempt === 0 ? 0 : 50),
    ...options,
  })
  const api = createTRPCClient<SocketRouter>({ links: [wsLink({ client: socket })] })
  return Object.assign(state, {
    api,
    socket,
    [Symbol.asyncDispose]: () => Promise.race([socket.close(), pause(1_000)]),
  })
}

function pause(ms: number): Promise<void> {
  return setTimeout(ms, undefined, { ref: false })
}

/** A socket of which each frame is seen. */
export async function openRaw(
  url: string,
  headers: Record<string, string> = {},
): Promise<RawSocket> {
  const frames: string[] = []
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  const closed = Promise.withResolvers<number>()
  socket.on('message', (data) => frames.push(String(data)))
  socket.on('close', closed.resolve)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    socket,
    frames,
    closed: closed.promise,
    async next(count = 1) {
      await eventually(() => expect(frames.length).toBeGreaterThanOrEqual(count))
      return frames.splice(0, count).map((frame) => (frame === 'PONG' ? frame : JSON.parse(frame)))
    },
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    [Symbol.dispose]: () => socket.terminate(),
  }
}

export interface RawSocket extends Disposable {
  readonly socket: WebSocket
  readonly frames: string[]
  readonly closed: Promise<number>
  /** The next frames, parsed. */
  next(count?: number): Promise<unknown[]>
  send(message: unknown): void
}

/** Status of an upgrade that is refused. */
export function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('error', () => {})
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
  })
}
