import { randomBytes } from 'node:crypto'
import { createKeyRing, generateSigningKey, signingJwkSchema } from '@portcullis/context'
import { createGateway } from '@portcullis/gateway'
import { createLogger } from '@portcullis/runtime'
import { z } from 'zod'
import { answerParent } from '../../peers/peer-messages.ts'

const settingsSchema = z.object({
  redisUrl: z.string(),
  services: z.record(z.string(), z.url()),
  /** For services that verify what it signs. */
  signing: signingJwkSchema.optional(),
  /** Of the installation, if somebody else starts sessions in it. */
  secret: z.string().default(randomBytes(32).toString('base64url')),
})

const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? ''))
const { redisUrl, services, signing, secret } = settings

/** A gateway as an installation has it; people sign in with a name. */
const gateway = await createGateway({
  redisUrl,
  services,
  publicUrl: 'http://127.0.0.1',
  pepper: secret,
  tokenKeys: [secret],
  keyRing: await createKeyRing({ signing: signing ?? (await generateSigningKey()) }),
  identity: {
    input: z.object({ name: z.string().regex(/^[a-z]+$/) }),
    verify: async ({ name }) => ({
      subject: `usr_${name}`,
      methods: ['pwd'],
      organization: 'org_acme',
    }),
  },
  claims: {
    load: async () => ({
      version: 1,
      roles: [],
      permissions: ['orders:read', 'orders:write'],
      memberships: {
        org_acme: { roles: ['member', 'billing'], permissions: ['invoices:read', 'members:read'] },
      },
      custom: { region: 'eu-central-1', plan: 'enterprise' },
    }),
  },
  logger: createLogger({ name: 'gateway', level: 'error' }),
})
const { url } = await gateway.listen()
answerParent(url)
