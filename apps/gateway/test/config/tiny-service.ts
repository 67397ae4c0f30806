import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'

export interface TinyService extends AsyncDisposable {
  readonly url: string
  /** Calls it has answered. */
  readonly calls: () => number
}

/** A stock tRPC server whose procedure `<name>.who` says which one it is. */
export async function startTinyService(name: string, who: string): Promise<TinyService> {
  let calls = 0
  const t = initTRPC.create()
  const procedures = t.router({
    who: t.procedure.query(() => {
      calls++
      return who
    }),
  })
  const server: Server = createHTTPServer({ router: t.router({ [name]: procedures }) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
