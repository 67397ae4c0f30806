import { createServer, type Server } from 'node:http'
import { TRPCError } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler, type CreateWSSContextFnOptions } from '@trpc/server/adapters/ws'
import { WebSocketServer } from 'ws'
import { serve } from '../../support/upstream.ts'
import { Journal } from './journal.ts'
import { createMutations } from './mutations.ts'
import { createQueries } from './queries.ts'
import { createStreams } from './streams.ts'
import { createStockTrpc, type StockContext, type TransformerName } from './trpc.ts'

export const LIMITS = { batchSize: 10, bodyBytes: 100_000 }

/** One router; what is `alpha` and what is `beta` may be served together or apart. */
function createRouter(transformer: TransformerName) {
  const t = createStockTrpc(transformer)
  const createPart = () => {
    const journal = new Journal()
    return t.router({
      ...createQueries(t),
      ...createMutations(t, journal),
      ...createStreams(t, journal),
    })
  }
  return t.router({ alpha: createPart(), beta: createPart() })
}

export type StockRouter = ReturnType<typeof createRouter>

export interface StockServer extends AsyncDisposable {
  readonly url: string
  /** How often a context was made. */
  readonly contexts: () => number
}

/** A stock tRPC server, HTTP and WebSocket at one port. */
export async function startStockServer(transformer: TransformerName): Promise<StockServer> {
  let contexts = 0
  const router = createRouter(transformer)
  const contextOf = (req: StockContext['req'], params: StockContext['params']) => {
    if (req.headers['x-refuse'] || params?.['refuse']) {
      throw new TRPCError({ code: 'FORBIDDEN', message: 'no context' })
    }
    contexts += 1
    return { req, params, number: contexts }
  }
  const handle = createHTTPHandler({
    router,
    allowMethodOverride: true,
    maxBatchSize: LIMITS.batchSize,
    maxBodySize: LIMITS.bodyBytes,
    createContext: ({ req, res, info }) => ({ ...contextOf(req, info.connectionParams), res }),
    responseMeta: ({ paths = [], errors }) => headersOf(paths, errors.length > 0),
  })
  const server = createServer(handle)
  const wss = serveSockets(server, (options) =>
    applyWSSHandler({
      ...options,
      router,
      maxBatchSize: LIMITS.batchSize,
      createContext: ({ req, info }: CreateWSSContextFnOptions) => ({
        ...contextOf(req, info.connectionParams),
        res: undefined,
      }),
    }),
  )
  const { url, [Symbol.asyncDispose]: close } = await serve(server)
  return {
    url,
    contexts: () => contexts,
    async [Symbol.asyncDispose]() {
      for (const socket of wss.clients) socket.terminate()
      await close()
    },
  }
}

function serveSockets(server: Server, apply: (options: { wss: WebSocketServer }) => void) {
  const wss = new WebSocketServer({ server })
  apply({ wss })
  return wss
}

function headersOf(paths: readonly string[], hasFailed: boolean) {
  const headers: Record<string, string> = {}
  const isCacheable = paths.length > 0 && paths.every((path) => path.endsWith('.cached'))
  if (isCacheable && !hasFailed) headers['cache-control'] = 'public, max-age=60'
  if (paths.some((path) => path.endsWith('.tinted'))) headers['x-tint'] = `of ${paths.length}`
  return { headers }
}
