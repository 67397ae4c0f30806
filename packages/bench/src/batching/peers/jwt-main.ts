import type { AddressInfo } from 'node:net'
import { initTRPC, TRPCError } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { importJWK, type JWK, jwtVerify } from 'jose'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'
import { answerTo, inputSchema, SERVICES } from '../answer.ts'

/** One tRPC server with all three services in it, which verifies a JWT for each request as jose's documentation shows. */
const { publicKey, issuer, audience } = z
  .object({ publicKey: z.custom<JWK>(), issuer: z.string(), audience: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ''))
const key = await importJWK(publicKey, 'RS256')

async function subjectOf(authorization: string | undefined): Promise<string | undefined> {
  const [, token] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? []
  if (token === undefined) return undefined
  const { payload } = await jwtVerify(token, key, { algorithms: ['RS256'], issuer, audience })
  return payload.sub
}

const t = initTRPC.context<{ readonly subject: string | undefined }>().create()
const signedIn = t.procedure.use(({ ctx, next }) => {
  if (ctx.subject === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { subject: ctx.subject } })
})
const service = t.router({ get: signedIn.input(inputSchema).query(({ input }) => answerTo(input)) })

const server = createHTTPServer({
  router: t.router(Object.fromEntries(SERVICES.map((name) => [name, service]))),
  createContext: async ({ req }) => ({ subject: await subjectOf(req.headers.authorization) }),
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
