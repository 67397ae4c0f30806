import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { initTRPC, type TRPCDataTransformer, TRPCError } from '@trpc/server'
import { type CreateHTTPContextOptions, createHTTPServer } from '@trpc/server/adapters/standalone'
import { octetInputParser } from '@trpc/server/http'
import { z } from 'zod'

type Headers = IncomingMessage['headers']

/** What a service saw of a request, before tRPC. */
interface SeenRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: Headers
  readonly rawHeaders: readonly string[]
}

export interface Upstream extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly server: Server
  readonly seen: SeenRequest[]
  /** Requests whose signal fired, by path. */
  readonly aborted: string[]
}

export type ServiceRouter = ReturnType<typeof createServiceRouter>['service']

/** A plain tRPC service with something of every kind. */
function createServiceRouter(aborted: string[]) {
  const t = initTRPC.context<CreateHTTPContextOptions>().create()
  const noteAbort = (path: string, signal: AbortSignal | undefined) =>
    signal?.addEventListener('abort', () => aborted.push(path))
  const service = t.router({
    hello: t.procedure.query(() => 'hello'),
    echo: t.procedure.input(z.unknown()).query(({ input }) => ({ input })),
    headers: t.procedure.query(({ ctx }) => ctx.req.headers),
    setCookie: t.procedure.query(({ ctx }) => {
      ctx.res.appendHeader('set-cookie', '__Host-sid=of-the-service; Path=/')
    }),
    fail: t.procedure.query(() => {
      throw new TRPCError({ code: 'CONFLICT', message: 'as asked' })
    }),
    add: t.procedure
      .input(z.object({ by: z.number(), pad: z.string().optional() }))
      .mutation(({ input, ctx }) => {
        if (!ctx.res.headersSent) ctx.res.appendHeader('set-cookie', `added=${input.by}`)
        return { added: input.by }
      }),
    upload: t.procedure
      .input((value: unknown) => value as FormData)
      .mutation(({ input }) => ({
        title: String(input.get('title')),
        size: (input.get('file') as File).size,
      })),
    bytes: t.procedure.input(octetInputParser).mutation(async ({ input }) => {
      let length = 0
      for await (const chunk of input) length += (chunk as Uint8Array).length
      return length
    }),
    count: t.procedure.input(z.number()).query(async function* ({ input }) {
      for (let i = 1; i <= input; i++) yield i
    }),
    hang: t.procedure.query(({ signal, path }) => {
      noteAbort(path, signal)
      return new Promise<string>(() => {})
    }),
    flood: t.procedure.input(z.number()).query(({ input }) => 'x'.repeat(input)),
    nested: t.procedure.query(() => ({
      now: 1,
      later: setTimeout(5).then(() => 'later'),
      items: numbers(2),
      none: undefined,
    })),
    tag: t.procedure.input(z.string()).query(({ input, ctx }) => {
      ctx.res.setHeader('x-tag', input)
    }),
    owing: t.procedure.query(({ signal, path }) => {
      noteAbort(path, signal)
      const forever = () => new Promise<string>(() => {})
      return { now: 'now', never: forever(), endless: endless(signal) }
    }),
    breaksOff: t.procedure.query(async function* () {
      yield 1
      throw new TRPCError({ code: 'CONFLICT', message: 'as asked' })
    }),
    countSlowly: t.procedure.query(async function* ({ signal }) {
      yield 1
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    }),
    beats: t.procedure.subscription(async function* ({ signal }) {
      for (let beat = 0; !signal?.aborted; beat++) {
        yield beat
        await setTimeout(20)
      }
    }),
    breaks: t.procedure.subscription(async function* () {
      yield 'first'
      throw new TRPCError({ code: 'CONFLICT', message: 'as asked' })
    }),
    ticks: t.procedure.subscription(async function* ({ signal, path }) {
      noteAbort(path, signal)
      yield 'first'
      yield 'second'
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    }),
  })
  return { t, service }
}

async function* numbers(count: number) {
  for (let i = 1; i <= count; i++) yield i
}

async function* endless(signal: AbortSignal | undefined) {
  yield 'first'
  await new Promise((resolve) => signal?.addEventListener('abort', resolve))
}

/** Serves the router under a name, as a service behind the gateway does, and remembers what it was asked. */
export async function startUpstream(name: string): Promise<Upstream> {
  const aborted: string[] = []
  const { t, service } = createServiceRouter(aborted)
  const router = t.router({ [name]: service })
  return serve(createHTTPServer({ router, createContext: (options) => options }), aborted)
}

/** A tRPC service that pings its streams. */
export async function startPingingUpstream(name: string): Promise<Upstream> {
  const t = initTRPC.create({ jsonl: { pingMs: 20 } })
  const service = t.router({ hang: t.procedure.query(() => new Promise<string>(() => {})) })
  return serve(createHTTPServer({ router: t.router({ [name]: service }) }))
}

/** One with values that JSON alone could not carry. */
export async function startDateUpstream(
  name: string,
  transformer: TRPCDataTransformer,
  onPort = 0,
): Promise<Upstream> {
  const { t, service } = createDateRouter(transformer)
  return serve(createHTTPServer({ router: t.router({ [name]: service }) }), [], onPort)
}

export type DateRouter = ReturnType<typeof createDateRouter>['service']

function createDateRouter(transformer: TRPCDataTransformer) {
  const t = initTRPC.create({ transformer })
  const service = t.router({
    later: t.procedure.input(z.object({ from: z.date() })).query(({ input }) => ({
      at: new Date(input.from.getTime() + 1_000),
    })),
    soon: t.procedure.query(() => ({ at: setTimeout(5).then(() => new Date(3_000)) })),
    ticks: t.procedure.query(async function* () {
      yield new Date(1_000)
      yield new Date(2_000)
    }),
    never: t.procedure.subscription(async function* ({ signal }) {
      yield new Date(4_000)
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    }),
    fail: t.procedure.query(() => {
      throw new TRPCError({ code: 'CONFLICT', message: 'as asked' })
    }),
  })
  return { t, service }
}

export async function serve(server: Server, aborted: string[] = [], onPort = 0): Promise<Upstream> {
  const seen: SeenRequest[] = []
  server.prependListener('request', ({ method, url, headers, rawHeaders }) => {
    seen.push({ method, url, headers, rawHeaders })
  })
  await new Promise<void>((resolve) => server.listen(onPort, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    seen,
    aborted,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
