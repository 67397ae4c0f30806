import { createKeyRing, signingJwkSchema } from '@portcullis/context'
import { createGateway } from '@portcullis/gateway'
import { createLogger } from '@portcullis/runtime'
import { z } from 'zod'
import { answerParent } from '../../../peers/peer-messages.ts'

const { redisUrl, serviceUrl, secret, signing, leaseMs } = z
  .object({
    redisUrl: z.string(),
    serviceUrl: z.url(),
    secret: z.string(),
    signing: signingJwkSchema,
    leaseMs: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''))

/** One of several gateways; people sign in with a name. */
const gateway = await createGateway({
  redisUrl,
  services: { orders: serviceUrl },
  publicUrl: 'http://127.0.0.1',
  pepper: secret,
  tokenKeys: [secret],
  keyRing: await createKeyRing({ signing }),
  leaseMs,
  identity: {
    input: z.object({ name: z.string().regex(/^[a-z]+$/) }),
    verify: async ({ name }) => ({ subject: `usr_${name}`, methods: ['pwd'] }),
  },
  claims: {
    load: async () => ({ version: 1, roles: [], permissions: [], memberships: {}, custom: {} }),
  },
  // All come from one address here.
  signInThrottle: {
    attemptsPerAddress: 1_000_000,
    failuresPerAddress: 1_000_000,
    failuresOverall: 1_000_000,
  },
  logger: createLogger({ name: 'gateway', level: 'fatal' }),
})
const { url } = await gateway.listen()
answerParent(url)
