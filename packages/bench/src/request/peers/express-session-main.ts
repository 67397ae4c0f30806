import { randomBytes } from 'node:crypto'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import { createPerson, type Person } from '../person.ts'
import { createApp, passOnTo, requireSubject, serve } from './express-peer.ts'
import { settings, signInSchema } from './settings.ts'

declare module 'express-session' {
  interface SessionData {
    caller?: Person
  }
}

const client = createClient({ url: settings.redisUrl })
await client.connect()

const app = createApp()
// As in the full set-up of connect-redis: a session is not written again by a request that leaves it alone, but kept alive.
app.use(
  session({
    store: new RedisStore({ client }),
    secret: randomBytes(32).toString('base64url'),
    resave: false,
    saveUninitialized: false,
  }),
)
app.post('/sign-in', express.json(), (request, response) => {
  const { subject } = signInSchema.parse(request.body)
  request.session.caller = createPerson(subject)
  response.json({ subject })
})
app.use(requireSubject((request) => request.session.caller?.subject))
app.use(passOnTo(settings.target))
await serve(app)
