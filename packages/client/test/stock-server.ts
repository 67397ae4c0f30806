import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { initTRPC, TRPCError, tracked } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { z } from 'zod'

interface Context {
  session: string | undefined
  setCookie(value: string): void
}

const t = initTRPC.context<Context>().create()

const signedIn = t.procedure.use(({ ctx, next }) => {
  if (!ctx.session || !sessions.has(ctx.session)) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { session: ctx.session } })
})

const sessions = new Map<string, AbortController>()
const slow = { release: () => {} }

const stockRouter = t.router({
  session: t.router({
    signIn: t.procedure.input(z.object({ password: z.string() })).mutation(({ ctx, input }) => {
      if (input.password !== 'portcullis') throw new TRPCError({ code: 'UNAUTHORIZED' })
      const id = randomUUID()
      sessions.set(id, new AbortController())
      ctx.setCookie(`sid=${id}; HttpOnly; SameSite=Strict; Path=/`)
      return { session: id }
    }),
    signOut: signedIn.mutation(({ ctx }) => {
      endSession(ctx.session)
      ctx.setCookie('sid=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/')
    }),
    me: t.procedure.query(({ ctx }) =>
      ctx.session && sessions.has(ctx.session) ? { session: ctx.session } : null,
    ),
  }),
  orders: t.router({
    list: signedIn
      .input(z.object({ search: z.string() }).optional())
      .query(({ ctx }) => ({ session: ctx.session, orders: ['ord_1'] })),
    slow: signedIn.query(
      ({ ctx }) =>
        new Promise<string>((resolve, reject) => {
          slow.release = () =>
            sessions.has(ctx.session)
              ? resolve('done')
              : reject(new TRPCError({ code: 'UNAUTHORIZED' }))
        }),
    ),
    onChange: signedIn
      .input(z.object({ lastEventId: z.string().optional() }))
      .subscription(async function* ({ ctx, input, signal }) {
        const ended = sessions.get(ctx.session)?.signal
        yield tracked('1', { order: 'ord_1', after: input.lastEventId ?? null })
        if (ended && signal) await Promise.race([once(ended, 'abort'), once(signal, 'abort')])
        throw new TRPCError({ code: 'UNAUTHORIZED' })
      }),
  }),
})
export type StockRouter = typeof stockRouter

/** Ends a session on the server, as another device would. */
export function endSession(id: string): void {
  sessions.get(id)?.abort()
  sessions.delete(id)
}

/** Lets the call of `orders.slow` that waits go on. */
export const releaseSlowCall = () => slow.release()

/** A stock tRPC server over HTTP, with nothing of ours, that keeps what it was asked. */
export async function startStockServer() {
  const requests: IncomingMessage[] = []
  const handler = createHTTPHandler({ router: stockRouter, createContext })
  const server = createServer((request, response) => {
    requests.push(request)
    handler(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Cuts every connection; clients may come back. */
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function createContext({ req, res }: { req: IncomingMessage; res: ServerResponse }): Context {
  const session = /(?:^|; )sid=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
  return { session, setCookie: (value) => res.appendHeader('set-cookie', value) }
}
