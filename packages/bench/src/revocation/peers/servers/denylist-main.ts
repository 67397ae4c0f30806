import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express, { type Request } from 'express'
import { Redis } from 'ioredis'
import { importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { answerParent } from '../../../peers/peer-messages.ts'

const { redisUrl, privateKey, publicKey } = z
  .object({ redisUrl: z.string(), privateKey: z.custom<JWK>(), publicKey: z.custom<JWK>() })
  .parse(JSON.parse(process.argv[2] ?? ''))

const LIFETIME_SECONDS = 900
/** Who cannot ask whether a token is denied refuses it, and does not wait for ever to find out. */
const redis = new Redis(redisUrl, { commandTimeout: 1_000 })
redis.on('error', () => {})
const [signing, verifying] = await Promise.all([
  importJWK(privateKey, 'RS256'),
  importJWK(publicKey, 'RS256'),
])

async function verify({ headers }: Request): Promise<JWTPayload> {
  const token = headers.authorization?.replace(/^Bearer /, '') ?? ''
  return (await jwtVerify(token, verifying, { algorithms: ['RS256'] })).payload
}

const app = express()
app.post('/sign-in', async (_, response) => {
  const token = await new SignJWT({ name: 'ada' })
    .setProtectedHeader({ alg: 'RS256' })
    .setJti(randomUUID())
    .setExpirationTime(`${LIFETIME_SECONDS}s`)
    .sign(signing)
  response.send(token)
})
app.get('/me', async (request, response) => {
  try {
    const { jti } = await verify(request)
    const isDenied = (await redis.exists(`denied:${jti}`)) === 1
    response.status(isDenied ? 401 : 200).end()
  } catch {
    response.status(503).end()
  }
})
app.post('/sign-out', async (request, response) => {
  const { jti } = await verify(request)
  await redis.set(`denied:${jti}`, '', 'EX', LIFETIME_SECONDS)
  response.end()
})
const server = app.listen(0, '127.0.0.1', () => {
  answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
