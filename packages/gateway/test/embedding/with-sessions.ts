import { createKeyRing, generateSigningKey } from '@portcullis/context'
import { createGateway } from '@portcullis/gateway'
import { createLogger } from '@portcullis/runtime'
import { z } from 'zod'

const { ORDERS_URL = 'http://127.0.0.1:4002', REDIS_URL = 'redis://127.0.0.1:6379' } = process.env
const { PORT = '4000', SECRET = '' } = process.env // 32 bytes in base64url

const gateway = await createGateway({
  services: { orders: ORDERS_URL },
  publicUrl: `http://localhost:${PORT}`,
  identity: {
    input: z.object({ email: z.email(), password: z.string() }),
    verify: async ({ email, password }) => {
      if (email !== 'ada@example.com' || password !== 'portcullis') return null
      return { subject: 'usr_ada', methods: ['pwd'] }
    },
  },
  claims: {
    load: async () => ({ version: 1, roles: [], permissions: [], memberships: {}, custom: {} }),
  },
  redisUrl: REDIS_URL,
  pepper: SECRET,
  tokenKeys: [SECRET],
  keyRing: await createKeyRing({ signing: await generateSigningKey() }),
  logger: createLogger({ name: 'gateway' }),
})
const { url, close } = await gateway.listen({ port: Number(PORT), host: '127.0.0.1' })
process.stdout.write(`listening at ${url}\n`)

process.once('SIGTERM', async () => {
  await close() // takes nothing new, lets requests in flight finish
  await gateway[Symbol.asyncDispose]() // leaves Redis and the services
})
