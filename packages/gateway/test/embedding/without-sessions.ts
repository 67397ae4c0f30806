import { createGateway } from '@portcullis/gateway'
import { createLogger } from '@portcullis/runtime'

const { ORDERS_URL = 'http://127.0.0.1:4002', SERVER_URL = 'http://127.0.0.1:3000' } = process.env

const gateway = await createGateway({
  sessions: false,
  services: { orders: ORDERS_URL },
  fallback: SERVER_URL,
  logger: createLogger({ name: 'gateway' }),
})
const { url, close } = await gateway.listen({ port: Number(process.env['PORT'] ?? 4000) })
process.stdout.write(`listening at ${url}\n`)

process.once('SIGTERM', () => close().then(() => gateway[Symbol.asyncDispose]()))
