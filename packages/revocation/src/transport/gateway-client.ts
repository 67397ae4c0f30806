import { ASSERTION_HEADER, type AssertionSigner } from '@portcullis/context'
import { z } from 'zod'
import { RevocationError, type RevocationErrorCode } from '../errors.ts'
import { RELAY_AUDIENCE, type RelayedCall, relayPath } from './wire.ts'

export interface GatewayClientOptions {
  readonly gatewayUrl: string | readonly string[]
  readonly assertion: AssertionSigner
  /** For the whole of an answer, milliseconds. */
  readonly timeoutMs: number
}

/** May break the call off; it is aborted, too, when the gateway is left. */
type ConsumeStream = (stream: AsyncIterable<Uint8Array>, call: AbortController) => Promise<void>

/** Asks one of several gateways, always the same one until it is left. */
export interface GatewayClient {
  readonly gateways: number
  /** @throws {RevocationError} with what the gateway says, or `ERR_LOG_UNREADABLE`. */
  ask<Answer>(call: RelayedCall, body: unknown, schema: z.ZodType<Answer>): Promise<Answer>
  /** An answer that goes on until the gateway ends it, or is left; `timeoutMs` is for its beginning. @throws as `ask`. */
  stream(call: RelayedCall, body: unknown, consume: ConsumeStream): Promise<void>
  /** Breaks off what is under way and turns to the next gateway. */
  leave(): void
}

/** @throws {TypeError} when `gatewayUrl` is none. */
export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  const { assertion, timeoutMs } = options
  const bases = [options.gatewayUrl].flat().map(parseBase)
  if (bases.length === 0) throw new TypeError('gatewayUrl must name a gateway')
  const underway = new Set<AbortController>()
  let current = 0

  async function post(call: RelayedCall, body: unknown, signal: AbortSignal): Promise<Response> {
    // The gateway of this very moment: the assertion may take a turn of the event loop.
    const url = `${bases[current]}${relayPath(call)}`
    const token = await assertion.sign({ audience: RELAY_AUDIENCE })
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [ASSERTION_HEADER]: token },
      body: JSON.stringify(body),
      redirect: 'error',
      signal,
    })
    if (response.ok) return response
    throw new RevocationError(await codeOf(response))
  }

  async function whileCurrent<Value>(run: (call: AbortController) => Promise<Value>) {
    const call = new AbortController()
    underway.add(call)
    try {
      return await run(call)
    } finally {
      underway.delete(call)
    }
  }

  async function within<Value>(call: AbortController, run: () => Promise<Value>) {
    const timer = setTimeout(() => call.abort(), timeoutMs)
    try {
      return await run()
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    gateways: bases.length,

    ask: (call, body, schema) =>
      whileCurrent((controller) =>
        within(controller, async () => {
          const response = await post(call, body, controller.signal)
          return schema.parse(await response.json())
        }),
      ),

    stream: (call, body, consume) =>
      whileCurrent(async (controller) => {
        const response = await within(controller, () => post(call, body, controller.signal))
        if (response.body) await consume(response.body, controller)
      }),

    leave() {
      current = (current + 1) % bases.length
      for (const call of underway) call.abort()
    },
  }
}

const failureSchema = z.object({ error: z.object({ code: z.string() }) })

/** By what a gateway calls it; whatever stands in front of one has the status alone. */
async function codeOf(response: Response): Promise<RevocationErrorCode> {
  const body: unknown = await response.json().catch(() => undefined)
  const failure = failureSchema.safeParse(body)
  const named = failure.success ? CODES[failure.data.error.code] : undefined
  return named ?? STATUSES[response.status] ?? 'ERR_LOG_UNREADABLE'
}

const CODES: Readonly<Record<string, RevocationErrorCode>> = {
  ERR_CHANGE_ID_REUSED: 'ERR_CHANGE_ID_REUSED',
  ERR_RELAY_MALFORMED: 'ERR_RELAY_MALFORMED',
  ERR_REVOCATION_REFUSED: 'ERR_REVOCATION_REFUSED',
}

const STATUSES: Readonly<Record<number, RevocationErrorCode>> = {
  401: 'ERR_RELAY_UNTRUSTED',
  403: 'ERR_MEMBER_FOREIGN',
  404: 'ERR_RELAY_MISSING',
}

function parseBase(gatewayUrl: string): string {
  const url = URL.parse(gatewayUrl)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TypeError('gatewayUrl must be an http or https URL')
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
