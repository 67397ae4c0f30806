import { EventEmitter, on } from 'node:events'
import { initTRPC, TRPCError } from '@trpc/server'
import {
  createSessionProcedures,
  type PortcullisContext,
  type PortcullisMeta,
  withRefusalCode,
} from '../src/index.ts'

/** What the procedures did and saw. */
export interface Journal {
  readonly executed: string[]
  /** Reasons of signals that aborted. */
  readonly aborted: unknown[]
  /** Lets procedures that wait go on. */
  readonly gate: PromiseWithResolvers<void>
  /** What it emits as `word` goes to those who listen to `onWord`. */
  readonly words: EventEmitter
}

export function createJournal(): Journal {
  return {
    executed: [],
    aborted: [],
    gate: Promise.withResolvers<void>(),
    words: new EventEmitter(),
  }
}

const t = initTRPC
  .context<PortcullisContext>()
  .meta<PortcullisMeta>()
  .create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })

const session = createSessionProcedures()
const signedIn = t.procedure.concat(session.sessionProcedure)

/** A service as a team writes one, with a procedure for each thing that can be asked of a principal. */
export function createOrdersRouter({ executed, aborted, gate, words }: Journal) {
  const noted = t.procedure.use(({ path, next }) => {
    executed.push(path)
    return next()
  })
  const ran = () => 'ran' as const
  const watch = (signal: AbortSignal) =>
    signal.addEventListener('abort', () => aborted.push(signal.reason.reason))

  async function* count() {
    // Looks at no signal.
    yield 0
    executed.push('count')
    await gate.promise
    yield 1
  }

  async function* listen() {
    const spoken = on(words, 'word')
    executed.push('onWord')
    for await (const [word] of spoken) yield String(word)
  }

  return t.router({
    whoAmI: noted.query(({ ctx }) => ctx.principal?.subject ?? null),
    caller: noted.query(({ ctx }) => ctx.caller?.service ?? null),
    touch: noted.mutation(ran),
    signedIn: signedIn.query(({ ctx }) => ctx.principal.subject),
    create: signedIn.input(String).mutation(({ input }) => {
      executed.push(`create ${input}`)
      return input
    }),
    asOwner: signedIn.concat(session.requireRole('owner', 'system:admin')).query(ran),
    withWrite: signedIn.concat(session.requirePermission('orders.write')).query(ran),
    inOrganization: signedIn
      .concat(session.requireOrganization)
      .query(({ ctx }) => ctx.principal.organization),
    assured: signedIn.concat(session.requireAssurance('aal2')).query(ran),
    recent: signedIn.concat(session.requireRecentSignIn({ maxAgeSeconds: 300 })).query(ran),
    internal: noted.concat(session.internalProcedure).query(({ ctx }) => ctx.caller.service),
    internalForWorker: noted
      .concat(session.internalProcedure)
      .meta({ internal: ['worker'] })
      .query(ran),
    markedOnly: noted.meta({ internal: true }).query(ran),
    wait: signedIn.query(async ({ ctx }) => {
      watch(ctx.signal)
      executed.push('wait')
      await gate.promise
      return 'done' as const
    }),
    waitForSignal: signedIn.query(async ({ ctx }) => {
      watch(ctx.signal)
      executed.push('waitForSignal')
      await new Promise<never>((_, reject) => {
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
      })
    }),
    count: signedIn.query(count),
    onCount: signedIn.subscription(count),
    onWord: signedIn.subscription(listen),
    crash: t.procedure.query(() => {
      throw new Error('connection to 10.0.0.7 refused')
    }),
    conflict: t.procedure.query(() => {
      throw new TRPCError({ code: 'CONFLICT', message: 'Taken' })
    }),
  })
}

type OrdersRouter = ReturnType<typeof createOrdersRouter>

/** What clients of the service see: the router under the service's name. */
export type OrdersApi = ReturnType<typeof t.router<{ orders: OrdersRouter }>>
