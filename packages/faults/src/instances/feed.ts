import type { ServerResponse } from 'node:http'
import type { RequestContext } from '@portcullis/service'
import { instant } from '../history/history.ts'
import type { Put } from './answer.ts'

const PUT_EVERY_MS = 40

/** Puts something out until the context ends, as a stream of a team's own would: with its signal and its lease. */
export function feed(response: ServerResponse, context: RequestContext, by: string): void {
  const { principal, signal, lease } = context
  if (!principal) return void response.writeHead(401).end()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => {
    if (!lease?.isHeld()) return
    const put: Put = { by, at: instant(), claimsVersion: principal.claimsVersion }
    response.write(`data: ${JSON.stringify(put)}\n\n`)
  }, PUT_EVERY_MS)
  const end = () => {
    clearInterval(timer)
    response.end()
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  response.on('close', end)
}
