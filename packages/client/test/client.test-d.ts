import type { TRPCClient } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import superjson from 'superjson'
import { it } from 'vitest'
import { createPortcullisClient, createPortcullisLinks } from '../src/index.ts'
import { createPortcullisClient as createNodeClient } from '../src/node.ts'

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const assertType = <_Proof extends true>() => {}

const plain = initTRPC.create()
const plainRouter = plain.router({ now: plain.procedure.query(() => new Date()) })
const dates = initTRPC.create({ transformer: superjson })
const datesRouter = dates.router({ now: dates.procedure.query(() => new Date()) })
const url = 'http://localhost'

type Answer<Client extends () => { now: { query(): Promise<unknown> } }> = Awaited<
  ReturnType<ReturnType<Client>['now']['query']>
>

it('is the client tRPC would make', () => {
  const client = () => createPortcullisClient<typeof plainRouter>({ url })
  const dated = () => createNodeClient<typeof datesRouter>({ url, transformer: superjson })
  assertType<Eq<Answer<typeof client>, string>>()
  assertType<Eq<Answer<typeof dated>, Date>>()
  // @ts-expect-error the assertion is exact
  assertType<Eq<Answer<typeof dated>, string>>()
  const typed: TRPCClient<typeof plainRouter> = {} as ReturnType<typeof client>
  void typed
})

it('asks for a transformer exactly when the services have one', () => {
  const clients = () => [
    createPortcullisClient<typeof datesRouter>({ url, transformer: superjson }),
    createNodeClient<typeof datesRouter>({ url, transformer: superjson }),
    createPortcullisLinks<typeof datesRouter>({ url, transformer: superjson }),
    // @ts-expect-error the services have one
    createPortcullisClient<typeof datesRouter>({ url }),
    // @ts-expect-error the services have none
    createNodeClient<typeof plainRouter>({ url, transformer: superjson }),
    // @ts-expect-error the services have none
    createPortcullisLinks<typeof plainRouter>({ url, transformer: superjson }),
  ]
  void clients
})
