import { Agent } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { answerParent } from '../../peers/peer-messages.ts'

/** Express as its guide to production has it: NODE_ENV is production, nobody is told what runs here. */
export function createApp(): Express {
  const app = express()
  app.disable('x-powered-by')
  return app
}

type Identify = (request: Request, response: Response) => Subject | Promise<Subject>
type Subject = string | undefined

/** Nobody is refused with 401; of somebody the subject is passed on. */
export function requireSubject(identify: Identify): RequestHandler {
  return async (request, response, next) => {
    const subject = await identify(request, response)
    if (subject === undefined) return void response.sendStatus(401)
    response.locals['subject'] = subject
    next()
  }
}

/** Connections to the service are kept open, and the header is set by the documented event. */
export function passOnTo(target: string): RequestHandler {
  return createProxyMiddleware<Request, Response>({
    target,
    agent: new Agent({ keepAlive: true }),
    on: {
      proxyReq(outgoing, _request, { locals: { subject } }) {
        if (subject) outgoing.setHeader('x-user-id', subject)
      },
    },
  })
}

export async function serve(app: Express): Promise<void> {
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}
