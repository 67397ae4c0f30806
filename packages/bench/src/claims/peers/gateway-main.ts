import { createKeyRing, signingJwkSchema } from '@portcullis/context'
import { createGateway } from '@portcullis/gateway'
import { createLogger } from '@portcullis/runtime'
import { organizationRulesSchema } from '@portcullis/sessions'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'
import { ORGANIZATION } from '../owner.ts'

const settings = z
  .object({
    redisUrl: z.string(),
    ownerUrl: z.url(),
    serviceUrl: z.url(),
    secret: z.string(),
    signing: signingJwkSchema,
  })
  .parse(JSON.parse(process.argv[2] ?? ''))

/** One of several gateways; everybody is a member of one organization, whose rules are asked for where they are owned. */
const gateway = await createGateway({
  redisUrl: settings.redisUrl,
  services: { reports: settings.serviceUrl },
  publicUrl: 'http://127.0.0.1',
  pepper: settings.secret,
  tokenKeys: [settings.secret],
  keyRing: await createKeyRing({ signing: settings.signing }),
  claims: {
    load: async () => ({
      version: 1,
      roles: [],
      permissions: [],
      memberships: { [ORGANIZATION]: { roles: ['member'], permissions: [] } },
      custom: {},
    }),
    async loadRules(_, { signal }) {
      const answer = await fetch(settings.ownerUrl, { signal })
      return organizationRulesSchema.parse(await answer.json())
    },
  },
  logger: createLogger({ name: 'gateway', level: 'error' }),
})
const { url } = await gateway.listen()
answerParent(url)
