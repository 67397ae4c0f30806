import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { redisStorage } from '@better-auth/redis-storage'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { answerParent } from '../../../peers/peer-messages.ts'

const { redisUrl, secret, boundMs } = z
  .object({ redisUrl: z.string(), secret: z.string(), boundMs: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ''))

/** Sessions are in Redis, which all instances share; people only where they sign in. */
const client = new Redis(redisUrl)
client.on('error', () => {})
const options = {
  baseURL: 'http://127.0.0.1',
  secret,
  database: new DatabaseSync(':memory:'),
  secondaryStorage: redisStorage({ client }),
  session: { cookieCache: { enabled: true, maxAge: boundMs / 1_000 } },
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
}
await (await getMigrations(options)).runMigrations()
const auth = betterAuth(options)
const handle = toNodeHandler(auth)

async function statusFor(headers: Headers): Promise<200 | 401> {
  return (await auth.api.getSession({ headers })) ? 200 : 401
}

const server = createServer((request, response) => {
  if (request.url !== '/me') return void handle(request, response)
  statusFor(fromNodeHeaders(request.headers)).then(
    (status) => response.writeHead(status).end(),
    () => response.writeHead(503).end(),
  )
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
