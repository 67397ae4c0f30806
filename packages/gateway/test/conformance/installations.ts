import { createLogger } from '@portcullis/runtime'
import { createGateway } from '../../src/gateway.ts'
import { LIMITS, startStockServer } from './stock/stock-server.ts'
import type { TransformerName } from './stock/trpc.ts'

/** How a client reaches the procedures. */
export type Arrangement = 'direct' | 'through' | 'split'

/** Addresses of the three, each with servers of its own. */
export interface Installations extends AsyncDisposable {
  readonly transformer: TransformerName
  /** A stock server; a gateway in front of one; a gateway in front of two, each with half of the procedures. */
  readonly urls: Readonly<Record<Arrangement, string>>
}

export async function startInstallations(transformer: TransformerName): Promise<Installations> {
  await using stack = new AsyncDisposableStack()
  const server = async () => stack.use(await startStockServer(transformer)).url
  const gateway = async (routes: { services: Record<string, string>; fallback?: string }) => {
    const started = await createGateway({
      sessions: false,
      ...routes,
      transformer,
      pathSeparator: '_',
      limits: { ...LIMITS, headerBytes: 65_536, urlBytes: 60_000 },
      logger: createLogger({ name: 'gateway', level: 'silent' }),
    })
    return (await stack.use(started).listen()).url
  }
  const urls = {
    direct: await server(),
    through: await gateway({ services: {}, fallback: await server() }),
    split: await gateway({ services: { alpha: await server(), beta: await server() } }),
  }
  const owned = stack.move()
  return { transformer, urls, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
