import type { IncomingMessage, ServerResponse } from 'node:http'
import { initTRPC } from '@trpc/server'
import superjson from 'superjson'

export type TransformerName = 'none' | 'superjson'

const identity = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value }

/** What both sides of an installation share. The one for `none` leaves the wire as it is without a transformer. */
export const TRANSFORMERS = {
  none: { input: identity, output: identity },
  superjson: { input: superjson, output: superjson },
} as const

export interface StockContext {
  readonly req: IncomingMessage
  /** Undefined on a socket. */
  readonly res: ServerResponse | undefined
  readonly params: Readonly<Record<string, string | undefined>> | null
  /** Another for each time that a context was made. */
  readonly number: number
}

/** A tRPC as a team would have it, with everything switched on that a client may ask for. */
export function createStockTrpc(transformer: TransformerName) {
  return initTRPC.context<StockContext>().create({
    transformer: TRANSFORMERS[transformer],
    pathSeparator: '_',
    sse: { ping: { enabled: true, intervalMs: 50 } },
    jsonl: { pingMs: 50 },
  })
}

export type StockTrpc = ReturnType<typeof createStockTrpc>
