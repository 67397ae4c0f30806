import { jwksSchema } from '@portcullis/context'
import { createFollower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createService } from '@portcullis/service'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'
import { SERVICES } from '../answer.ts'
import { router } from './service-router.ts'

/** One service behind the gateway, with a follower of its own. */
const { name, redisUrl, keys } = z
  .object({ name: z.enum(SERVICES), redisUrl: z.string(), keys: jwksSchema })
  .parse(JSON.parse(process.argv[2] ?? ''))

const logger = createLogger({ name, level: 'error' })
const follower = await createFollower({ redisUrl, name, logger })
const { url } = await createService({ name, router, keys, follower, logger }).listen({ port: 0 })
answerParent(url)
