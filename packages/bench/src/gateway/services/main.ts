import type { AddressInfo } from 'node:net'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'
import { createServiceRouters } from './routers.ts'

/** A tRPC server with the routers of the services that are named: one of several services, or all in one. */
const { names } = z
  .object({ names: z.array(z.enum(['accounts', 'billing', 'orders'])) })
  .parse(JSON.parse(process.argv[2] ?? ''))

const server = createHTTPServer({
  router: createServiceRouters(names),
  createContext: ({ req }) => ({ received: req.headers }),
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
