import { jwksSchema } from '@portcullis/context'
import { createFollower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createService, createSessionProcedures, type PortcullisContext } from '@portcullis/service'
import { initTRPC } from '@trpc/server'
import { z } from 'zod'
import { answerParent } from '../../../peers/peer-messages.ts'

const { redisUrl, keys } = z
  .object({ redisUrl: z.string(), keys: jwksSchema })
  .parse(JSON.parse(process.argv[2] ?? ''))

const name = 'reports'
const logger = createLogger({ name, level: 'error' })
const t = initTRPC.context<PortcullisContext>().create()
const { sessionProcedure } = createSessionProcedures()

/** Answers to whoever is signed in, without a database. */
const router = t.router({ list: t.procedure.concat(sessionProcedure).query(() => [1, 2, 3]) })
const follower = await createFollower({ redisUrl, name, logger })
const service = createService({ name, router, keys, follower, logger })
const { url } = await service.listen({ port: 0 })
answerParent(url)
