import { Agent, type Dispatcher, request } from 'undici'
import { z } from 'zod'
import type { Message } from './message.ts'
import { lookUpPublic } from './private-addresses.ts'
import { isOnThisMachine, type Receiver } from './receiver.ts'

/** What became of one attempt. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** It will not be taken however often it is sent. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** It may be taken another time. */
  | { readonly kind: 'failed'; readonly detail: string }

/** Bytes of an answer that are read; nothing longer has anything to say. */
const MAX_ANSWER_BYTES = 16_384
/** For the connection, of the time that an attempt has, ms. */
const CONNECT_TIMEOUT_MS = 5_000

export interface Transmitter extends AsyncDisposable {
  /** Sends it once. Redirects are not followed. */
  send(message: Message, signal: AbortSignal): Promise<Outcome>
}

export function createTransmitter(receiver: Receiver): Transmitter {
  const { timeoutMs, authorization, inFlight } = receiver
  const url = new URL(receiver.url)
  const mayBePrivate = receiver.allowPrivate || isOnThisMachine(url)
  const agent = new Agent({
    connections: inFlight,
    connect: {
      timeout: Math.min(timeoutMs, CONNECT_TIMEOUT_MS),
      ...(!mayBePrivate && { lookup: lookUpPublic }),
    },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
  })

  return {
    async send({ headers, body }, signal) {
      const sent = {
        method: 'POST',
        headers: {
          'user-agent': 'portcullis',
          ...headers,
          ...(authorization && { authorization }),
        },
        body,
        dispatcher: agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      } as const
      try {
        return await outcomeOf(receiver, await request(url, sent))
      } catch (error) {
        signal.throwIfAborted()
        return { kind: 'failed', detail: codeOf(error) }
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

async function outcomeOf(
  { kind }: Receiver,
  { statusCode, body }: Dispatcher.ResponseData,
): Promise<Outcome> {
  if (statusCode >= 200 && statusCode < 300) {
    // It has been taken, whatever else is in the answer and whether or not that is short.
    await body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined)
    return { kind: 'delivered' }
  }
  const text = await body.text().catch(() => '')
  if (statusCode !== 400) return { kind: 'failed', detail: String(statusCode) }
  return kind === 'set' ? judgeSetError(text) : { kind: 'refused', detail: '400' }
}

/** RFC 8935, section 2.4. */
const setErrorSchema = z.object({ err: z.string().regex(/^[\w.-]{1,64}$/) })

/** Mistakes in how the two know each other, which somebody will mend; the token itself is right. */
const MENDABLE: ReadonlySet<string> = new Set([
  'authentication_failed',
  'access_denied',
  'invalid_key',
  'invalid_issuer',
  'invalid_audience',
])

function judgeSetError(text: string): Outcome {
  const { data } = setErrorSchema.safeParse(parse(text))
  // Whatever answers 400 without saying why is not a receiver of tokens: a proxy in front of it, for example.
  if (!data) return { kind: 'failed', detail: '400' }
  return { kind: MENDABLE.has(data.err) ? 'failed' : 'refused', detail: `400 ${data.err}` }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is kept of a failure: no address and nothing that the receiver said. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return 'timeout'
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.name
}
