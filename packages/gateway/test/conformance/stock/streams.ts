import { setTimeout } from 'node:timers/promises'
import { TRPCError, tracked } from '@trpc/server'
import { z } from 'zod'
import type { Journal } from './journal.ts'
import type { StockTrpc } from './trpc.ts'

const conflict = () => new TRPCError({ code: 'CONFLICT', message: 'as asked' })
const fromTo = z.object({ to: z.number(), lastEventId: z.string().optional() })

/** Queries that stream, and subscriptions. */
export function createStreams({ procedure }: StockTrpc, journal: Journal) {
  return {
    count: procedure.input(z.number()).query(async function* ({ input }) {
      for (let i = 1; i <= input; i++) yield i
    }),
    countToReturn: procedure.input(z.number()).query(async function* ({ input }) {
      for (let i = 1; i <= input; i++) yield i
      return 'done'
    }),
    countSlowly: procedure.input(z.number()).query(async function* ({ input }) {
      for (let i = 1; i <= input; i++) {
        await setTimeout(20)
        yield i
      }
    }),
    countToError: procedure.input(z.number()).query(async function* ({ input }) {
      for (let i = 1; i <= input; i++) yield i
      throw conflict()
    }),
    dates: procedure.query(async function* () {
      yield new Date(0)
      yield { at: new Date(1_000) }
    }),
    later: procedure.query(() => ({
      now: 1,
      soon: setTimeout(10, 2),
      deep: setTimeout(5, { deeper: setTimeout(5, new Date(0)) }),
    })),
    laterFails: procedure.query(() => ({
      now: 1,
      never: setTimeout(5).then((): string => {
        throw conflict()
      }),
    })),
    waitFor: procedure.input(z.string()).query(async ({ input }) => {
      await journal.gateOf(input).promise
      return 'let go'
    }),
    hang: procedure.input(z.string()).query(async ({ input, signal }) => {
      await journal.untilAborted(input, signal)
      return 'aborted'
    }),
    hangStream: procedure.input(z.string()).query(async function* ({ input, signal }) {
      yield 'first'
      await journal.untilAborted(input, signal)
    }),
    wasAborted: procedure.input(z.string()).query(({ input }) => journal.aborted.has(input)),

    ticks: procedure.input(z.number()).subscription(async function* ({ input }) {
      for (let i = 1; i <= input; i++) yield i
    }),
    moments: procedure.subscription(async function* () {
      yield { at: new Date(0) }
    }),
    tracked: procedure.input(fromTo).subscription(async function* ({ input }) {
      for (let i = Number(input.lastEventId ?? 0) + 1; i <= input.to; i++) {
        yield tracked(String(i), { value: i })
      }
    }),
    /** Breaks off after each two events, with an error after which clients come back. */
    trackedInPieces: procedure.input(fromTo).subscription(async function* ({ input }) {
      const first = Number(input.lastEventId ?? 0) + 1
      for (let i = first; i <= input.to; i++) {
        yield tracked(String(i), i)
        if (i - first === 1 && i < input.to) {
          throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'come back' })
        }
      }
    }),
    mixed: procedure.subscription(async function* () {
      yield tracked('a', 1)
      yield 2
      yield tracked('b', 3)
    }),
    lastEventId: procedure
      .input(z.object({ lastEventId: z.string().optional() }).optional())
      .subscription(async function* ({ input }) {
        yield input?.lastEventId ?? null
      }),
    refused: procedure.subscription((): AsyncIterable<number> => {
      throw conflict()
    }),
    breaks: procedure.subscription(async function* () {
      yield 1
      throw conflict()
    }),
    paramsOf: procedure.subscription(async function* ({ ctx }) {
      yield ctx.params
    }),
    open: procedure.input(z.string()).subscription(async function* ({ input, signal }) {
      yield 'first'
      await journal.untilAborted(input, signal)
    }),
  }
}
