import { createKeyRing, generateSigningKey } from '@portcullis/context'
import { createGateway } from '@portcullis/gateway'
import { createLogger } from '@portcullis/runtime'
import { z } from 'zod'
import { type Command, commandSchema } from './messages.ts'

const [, , redisUrl = '', orders = '', streams = ''] = process.argv
const SECRET = Buffer.alloc(32, 7).toString('base64url')

const gateway = await createGateway({
  services: { orders },
  identity: {
    input: z.object({ name: z.string() }),
    verify: async ({ name }) => ({ subject: `usr_${name}`, methods: ['pwd'] }),
  },
  claims: {
    load: async () => ({ version: 1, roles: [], permissions: [], memberships: {}, custom: {} }),
  },
  publicUrl: 'http://127.0.0.1',
  redisUrl,
  pepper: SECRET,
  tokenKeys: [SECRET],
  keyRing: await createKeyRing({ signing: await generateSigningKey() }),
  // All come from one address here.
  limits: { streamsPerAddress: Number(streams) },
  signInThrottle: {
    attemptsPerAddress: 1_000_000,
    failuresPerAddress: 1_000_000,
    failuresOverall: 1_000_000,
  },
  logger: createLogger({ name: 'bench', level: 'error' }),
})

async function obey(command: Command): Promise<number[]> {
  if (command.do === 'memory') {
    globalThis.gc?.()
    const { heapUsed, external, rss } = process.memoryUsage()
    return [heapUsed + external, rss]
  }
  const receipts = await Promise.all(
    command.people.map((name) => gateway.revoke({ subject: `usr_${name}` }, { reason: 'bench' })),
  )
  return receipts.map(({ tookMs }) => tookMs)
}

async function answer(message: unknown): Promise<void> {
  process.send?.({ values: await obey(commandSchema.parse(message)) })
}

process.on('message', (message) => void answer(message))
process.on('disconnect', () => process.exit())
const { url } = await gateway.listen()
process.send?.({ url })
