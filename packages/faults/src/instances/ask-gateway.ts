import { Pool } from 'undici'
import { type Instant, instant, type Recorder } from '../history/history.ts'
import { type Answer, answerSchema, claimsVersionOf } from './answer.ts'
import type { Visitor } from './visitor.ts'

/** Asks one gateway, as a browser does, for a service behind it; records what both decide. */
export interface GatewayProbe extends AsyncDisposable {
  readonly gateway: string
  readonly underway: number
  ask(visitor: Visitor, service: string): Promise<void>
  /** The process was frozen: what was asked in between was decided afterwards. */
  wasFrozen(from: Instant, to: Instant): void
}

/** Above any bound of the product, so that it is the product that answers. */
const ANSWER_WITHIN_MS = 60_000
/** After the signal a process may still decide for a moment. */
const FREEZES_WITHIN_MS = 50

export function createGatewayProbe(
  { name, url }: { readonly name: string; readonly url: string },
  recorder: Recorder,
): GatewayProbe {
  const pool = new Pool(url, { connections: 256, headersTimeout: ANSWER_WITHIN_MS })
  let underway = 0
  let frozen = { from: 0, to: 0 }
  let isClosed = false

  return {
    gateway: name,
    get underway() {
      return underway
    },
    wasFrozen(from, to) {
      frozen = { from: from + FREEZES_WITHIN_MS, to }
    },

    async ask(visitor, service) {
      underway += 1
      const sentAt = instant()
      const answered = await send(pool, visitor, service)
      underway -= 1
      if (isClosed) return
      const isQueued = sentAt > frozen.from && sentAt < frozen.to
      const own = { session: visitor.name, earliest: isQueued ? frozen.to : sentAt }
      const { answer } = answered
      const { outcome } = answered
      const latest = answer?.receivedAt ?? instant()
      const claimsVersion = claimsVersionOf(answer?.context ?? null)
      const common = { claimsVersion, via: 'request' as const }
      recorder.decided({ instance: name, ...own, ...common, latest, outcome })
      if (!answer) return
      if (answer.context) note(visitor, service, answer.context)
      if (answer.outcome === 'stale' || !answer.context) return
      recorder.decided({
        ...common,
        instance: answer.decidedBy,
        session: visitor.name,
        earliest: answer.receivedAt,
        latest: answer.decidedAt,
        outcome: answer.outcome,
      })
    },

    async [Symbol.asyncDispose]() {
      isClosed = true
      await pool.destroy()
    },
  }
}

function note({ contexts, firstContexts }: Visitor, service: string, context: string) {
  contexts.set(service, context)
  if (!firstContexts.has(service)) firstContexts.set(service, context)
}

/** A gateway that cannot reach the service says so, which is no decision. */
const OUTCOMES: Readonly<Record<number, Answered['outcome']>> = {
  502: 'lost',
  504: 'lost',
}

/** The session cannot be verified, or the service is ahead of the gateway; else a 503 is about the service. */
const UNVERIFIABLE = /ERR_(UNVERIFIABLE|CONTEXT_STALE)/

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

interface Answered {
  readonly outcome: 'accepted' | 'refused' | 'unverifiable' | 'lost'
  /** Of the service, if the request got there. */
  readonly answer?: Answer
}

async function send(pool: Pool, { cookie }: Visitor, service: string): Promise<Answered> {
  try {
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: `/${service}.me`,
      headers: { cookie: `sid=${cookie}` },
    })
    const text = await body.text()
    const answer = answerSchema.safeParse(parseJson(text))
    // The service was reached: whether the gateway vouched for somebody is what it decided.
    if (answer.success) {
      return { outcome: answer.data.context ? 'accepted' : 'refused', answer: answer.data }
    }
    if (statusCode === 503) return { outcome: UNVERIFIABLE.test(text) ? 'unverifiable' : 'lost' }
    return { outcome: OUTCOMES[statusCode] ?? 'refused' }
  } catch {
    return { outcome: 'lost' }
  }
}
