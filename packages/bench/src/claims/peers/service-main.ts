import { jwksSchema } from '@portcullis/context'
import { createFollower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createService, createSessionProcedures, type PortcullisContext } from '@portcullis/service'
import { initTRPC } from '@trpc/server'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'
import { PERMISSION } from '../owner.ts'

const { redisUrl, keys } = z
  .object({ redisUrl: z.string(), keys: jwksSchema })
  .parse(JSON.parse(process.argv[2] ?? ''))

const name = 'reports'
const logger = createLogger({ name, level: 'error' })
const t = initTRPC.context<PortcullisContext>().create()
const { sessionProcedure, requirePermission } = createSessionProcedures()

/** Answers to those whose role permits it. */
const router = t.router({
  list: t.procedure
    .concat(sessionProcedure)
    .concat(requirePermission(PERMISSION))
    .query(() => [1, 2, 3]),
})
const follower = await createFollower({ redisUrl, name, logger })
// As many as members: what was verified once is not verified again for want of room.
const service = createService({ name, router, keys, follower, logger, maxContexts: 100_000 })
const { url } = await service.listen({ port: 0 })
answerParent(url)
