import { randomBytes } from 'node:crypto'
import { redisStorage } from '@better-auth/redis-storage'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { fromNodeHeaders } from 'better-auth/node'
import express from 'express'
import { Redis } from 'ioredis'
import { createPerson } from '../person.ts'
import { createApp, passOnTo, requireSubject, serve } from './express-peer.ts'
import { settings, signInSchema } from './settings.ts'

// Sessions, with the person in them, are in the secondary storage, its own for Redis; a request asks the database nothing. The cookie cache has its default encoding, which its documentation
// names the fastest, and lasts as long as the run: renewing it is not measured.
const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: randomBytes(32).toString('base64url'),
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  user: { additionalFields: { claims: { type: 'string', required: false } } },
  session: { cookieCache: { enabled: settings.variant === 'cookie-cache', maxAge: 3_600 } },
  secondaryStorage: redisStorage({ client: new Redis(settings.redisUrl) }),
})

const app = createApp()
app.post('/sign-in', express.json(), async (request, response) => {
  const { subject: name } = signInSchema.parse(request.body)
  const claims = JSON.stringify(createPerson(name))
  const body = { name, email: `${name}@example.com`, password: 'correct horse', claims }
  const signedUp = await auth.api.signUpEmail({ body, returnHeaders: true })
  response.setHeader('set-cookie', signedUp.headers.getSetCookie())
  response.json({ subject: signedUp.response.user.id })
})
app.use(
  requireSubject(async (request) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
    return session?.user.id
  }),
)
app.use(passOnTo(settings.target))
await serve(app)
