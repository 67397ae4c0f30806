import { randomBytes } from 'node:crypto'
import express, { type Request, type Response } from 'express'
import { getIronSession } from 'iron-session'
import { createPerson, type Person } from '../person.ts'
import { createApp, passOnTo, requireSubject, serve } from './express-peer.ts'
import { settings, signInSchema } from './settings.ts'

// Its defaults; over plain HTTP the cookie cannot be for HTTPS alone.
const options = {
  password: randomBytes(32).toString('base64url'),
  cookieName: 'session',
  cookieOptions: { secure: false },
}
const sessionOf = (request: Request, response: Response) =>
  getIronSession<{ person: Person }>(request, response, options)

const app = createApp()
app.post('/sign-in', express.json(), async (request, response) => {
  const { subject } = signInSchema.parse(request.body)
  const session = await sessionOf(request, response)
  session.person = createPerson(subject)
  await session.save()
  response.json({ subject })
})
app.use(
  requireSubject(async (request, response) => {
    return (await sessionOf(request, response)).person?.subject
  }),
)
app.use(passOnTo(settings.target))
await serve(app)
