import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { CONTEXT_HEADER } from '@portcullis/context'
import { initTRPC, TRPCError } from '@trpc/server'
import { z } from 'zod'

export const SERVICES = ['orders', 'accounts', 'billing'] as const
export type ServiceName = (typeof SERVICES)[number]

const t = initTRPC.context<{ received: IncomingHttpHeaders }>().create()

/** How often a subscription puts out an event, in milliseconds. */
const EVENT_INTERVAL_MS = 5

/** What each service answers: some 200 bytes, and events; and, to somebody, the headers that came with a request. */
const service = t.router({
  get: t.procedure.input(z.object({ id: z.number() })).query(({ input }) => answerTo(input.id)),
  received: t.procedure.query(({ ctx: { received } }) => {
    if (!received['x-user-id'] && !received[CONTEXT_HEADER]) {
      throw new TRPCError({ code: 'UNAUTHORIZED' })
    }
    return received
  }),
  events: t.procedure.subscription(async function* ({ signal }) {
    for (let n = 0; !signal?.aborted; n += 1) {
      yield answerTo(n)
      await setTimeout(EVENT_INTERVAL_MS)
    }
  }),
})
export type ServiceRouter = typeof service

export function createServiceRouters(names: readonly ServiceName[]) {
  return t.router(Object.fromEntries(names.map((name) => [name, service])))
}

function answerTo(id: number) {
  return {
    id,
    item: 'a box of loose-leaf tea, second flush',
    status: 'open',
    placedBy: 'usr_17',
    placedAt: '2026-01-02T03:04:05.678Z',
    address: { street: '12 Harbour Road', city: 'Bristol' },
  }
}
