import type { SessionCookie } from '../guard/session-cookie.ts'
import type { Call } from '../request/call.ts'
import { readBody } from '../request/request-body.ts'
import { type Replies, sendReply } from '../respond/reply.ts'
import { goneSignal } from '../server/gone-signal.ts'
import type { OwnProcedures } from './own-procedures.ts'

export interface OwnAnswererOptions {
  readonly own: OwnProcedures
  readonly cookie: SessionCookie
  readonly replies: Replies
  readonly bodyLimitBytes: number
}

/** Answers a request whose calls are all the gateway's own. A streamed batch is answered whole, for the cookie's sake. */
export type OwnAnswerer = (call: Call) => Promise<void>

export function createOwnAnswerer(options: OwnAnswererOptions): OwnAnswerer {
  const { own, cookie, replies, bodyLimitBytes } = options
  return async (call) => {
    const { request, response, target, form } = call
    const body = call.method === 'POST' ? await readBody(request, bodyLimitBytes) : undefined
    const signal = goneSignal(response)
    const answer = await own.answer({ call, target, body: body?.toString('utf8'), signal })
    if (signal.aborted) return
    const { paths, isBatch } = target
    const reply = replies.results(answer.results, answer.status, { paths, isBatch, form })
    const cookies = answer.isEnded ? [cookie.clear()] : answer.cookies
    const extra = cookies.flatMap((value) => ['set-cookie', value])
    if (answer.retryAfterSeconds !== undefined) {
      extra.push('retry-after', String(answer.retryAfterSeconds))
    }
    sendReply(response, reply, extra)
  }
}
