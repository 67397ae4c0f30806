import { setTimeout } from 'node:timers/promises'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { StockTrpc } from './trpc.ts'

const errorCode = z.enum([
  ...(['BAD_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT'] as const),
  ...(['TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'] as const),
  ...(['PAYLOAD_TOO_LARGE', 'TIMEOUT', 'PRECONDITION_FAILED'] as const),
])

export function createQueries({ procedure }: StockTrpc) {
  return {
    hello: procedure.query(() => 'hello'),
    nothing: procedure.query(() => undefined),
    nil: procedure.query(() => null),
    echo: procedure.input(z.unknown()).query(({ input }) => ({ input })),
    optional: procedure
      .input(z.string().optional())
      .query(({ input }) => (input === undefined ? 'without' : `with ${input}`)),
    date: procedure.query(() => ({ at: new Date(86_400_000), list: [new Date(0)] })),
    addDay: procedure
      .input(z.object({ from: z.coerce.date() }))
      .query(({ input }) => new Date(input.from.getTime() + 86_400_000)),
    flood: procedure.input(z.number()).query(({ input }) => 'x'.repeat(input)),
    strict: procedure
      .input(z.object({ name: z.string().min(3), age: z.number().int() }))
      .query(({ input }) => input.name),
    fail: procedure.input(errorCode).query(({ input }) => {
      throw new TRPCError({ code: input, message: 'as asked' })
    }),
    crash: procedure.query((): string => {
      throw new TypeError('unforeseen')
    }),
    slow: procedure.input(z.number()).query(async ({ input }) => {
      await setTimeout(input)
      return input
    }),
    path: procedure.query(({ path }) => path),
    header: procedure.input(z.string()).query(({ ctx, input }) => ctx.req.headers[input] ?? null),
    params: procedure.query(({ ctx }) => ctx.params),
    cookie: procedure.input(z.string()).query(({ ctx, input }) => {
      if (ctx.res?.headersSent === false) ctx.res.appendHeader('set-cookie', `${input}=1; Path=/`)
      return input
    }),
    batchIndex: procedure.query(({ batchIndex }) => batchIndex),
    contextNumber: procedure.query(({ ctx }) => ctx.number),
    /** Its answer may be cached, if all of a batch may be. */
    cached: procedure.query(() => 'cached'),
    tinted: procedure.input(z.string()).query(({ input }) => input),
    nested: {
      deeper: { hello: procedure.query(({ path }) => path) },
    },
    'with-dash': procedure.query(() => 'dashed'),
  }
}
