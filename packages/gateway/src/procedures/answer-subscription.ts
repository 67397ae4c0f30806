import { once } from 'node:events'
import type { OpenStream, OpenStreams } from '../forward/open-streams.ts'
import { ownerOf, type StreamOwner } from '../forward/stream-caps.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { Call } from '../request/call.ts'
import { comeBackSoon, SSE_HEADERS } from '../respond/reply.ts'
import type { EdgeResponse } from '../server/edge-response.ts'
import { goneSignal } from '../server/gone-signal.ts'
import type { Caller } from './caller.ts'
import type { OwnProcedures } from './own-procedures.ts'

export interface SubscriptionAnswererOptions {
  readonly own: OwnProcedures
  readonly cookie: SessionCookie
  readonly openStreams: OpenStreams
}

/** Answers a request for one of the gateway's own subscriptions, until it or its client ends. */
export type SubscriptionAnswerer = (call: Call) => Promise<void>

export function createSubscriptionAnswerer(
  options: SubscriptionAnswererOptions,
): SubscriptionAnswerer {
  const { own, cookie, openStreams } = options
  return async (call) => {
    const { response } = call
    const closing = new AbortController()
    const signal = AbortSignal.any([goneSignal(response), closing.signal])
    const stream = new OwnStream(call, () => closing.abort())
    openStreams.add(stream)
    try {
      const { caller, body } = await own.subscribe({
        call,
        target: call.target,
        body: undefined,
        signal,
      })
      stream.caller = caller
      const isEnded = call.cookie.value !== undefined && caller.authentication === undefined
      const forget = isEnded ? ['set-cookie', cookie.clear()] : []
      response.writeHead(200, [...SSE_HEADERS, 'x-accel-buffering', 'no', ...forget])
      response.record?.opened()
      await pass(body, response, signal)
    } finally {
      openStreams.remove(stream)
    }
    response.end(closing.signal.aborted ? comeBackSoon() : undefined)
  }
}

/** It looks after its session's end itself. */
class OwnStream implements OpenStream {
  readonly owner: StreamOwner
  readonly close: () => void
  caller: Caller | undefined

  constructor(call: Call, close: () => void) {
    this.owner = ownerOf(call)
    this.close = close
  }

  get session() {
    return this.caller?.authentication?.session
  }

  check(): void {}

  tryResume(): boolean {
    return true
  }
}

async function pass(
  body: ReadableStream<Uint8Array>,
  response: EdgeResponse,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const chunk of body) {
      response.record?.passed(chunk)
      if (!response.write(chunk)) await once(response, 'drain', { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
