import { createKeyRing, generateSigningKey } from '@portcullis/context'
import { createGateway } from '@portcullis/gateway'
import { createLogger } from '@portcullis/runtime'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'
import { claimsOf } from '../people.ts'

const { redisUrl, orders, secret } = z
  .object({ redisUrl: z.string(), orders: z.url(), secret: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ''))

/** A gateway before one service, for people whose sessions were started by whoever knows its secret. */
const gateway = await createGateway({
  redisUrl,
  services: { orders },
  publicUrl: 'http://127.0.0.1',
  pepper: secret,
  tokenKeys: [secret],
  keyRing: await createKeyRing({ signing: await generateSigningKey() }),
  claims: { load: async (_, { atLeast }) => claimsOf(atLeast) },
  logger: createLogger({ name: 'gateway', level: 'error' }),
})
const { url } = await gateway.listen()
answerParent(url)
