import { generateKeyPairSync, randomUUID } from 'node:crypto'
import express, { type Request } from 'express'
import jwt from 'jsonwebtoken'
import { createClient } from 'redis'
import { z } from 'zod'
import { createPerson } from '../person.ts'
import { createApp, passOnTo, requireSubject, serve } from './express-peer.ts'
import { settings, signInSchema } from './settings.ts'
import { profileOf } from './token-profile.ts'

const ISSUER = 'https://login.example.com/'
const AUDIENCE = 'https://api.example.com'
const claimsSchema = z.object({ sub: z.string(), jti: z.string() })

// Keys are parsed once; what the token must say is checked as the README of jsonwebtoken advises.
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const checks = { algorithms: ['RS256' as const], issuer: ISSUER, audience: AUDIENCE }

const client = createClient({ url: settings.redisUrl })
await client.connect()

const app = createApp()
app.post('/sign-in', express.json(), (request, response) => {
  const { subject } = signInSchema.parse(request.body)
  const { subject: _, ...claims } = createPerson(subject)
  const options = { algorithm: 'RS256', expiresIn: '1h', keyid: 'key-2026-01' } as const
  const registered = { issuer: ISSUER, audience: AUDIENCE, subject, jwtid: randomUUID() }
  const payload = { ...claims, ...profileOf(subject) }
  const token = jwt.sign(payload, privateKey, { ...options, ...registered })
  response.json({ subject, token })
})
app.use(requireSubject(settings.variant === 'denylist' ? identifyUndenied : identify))
app.use(passOnTo(settings.target))
await serve(app)

function identify(request: Request): string | undefined {
  return verify(request)?.sub
}

async function identifyUndenied(request: Request): Promise<string | undefined> {
  const claims = verify(request)
  if (!claims || (await client.exists(`denied:${claims.jti}`))) return undefined
  return claims.sub
}

function verify({ headers }: Request) {
  const [scheme, token] = headers.authorization?.split(' ') ?? []
  if (scheme !== 'Bearer' || !token) return undefined
  try {
    return claimsSchema.parse(jwt.verify(token, publicKey, checks))
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return undefined
    throw error
  }
}
