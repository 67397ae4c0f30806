import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CONTEXT_HEADER } from '@portcullis/context'
import { createFollower, type Follower } from '@portcullis/revocation'
import { type Clock, createLogger, systemClock } from '@portcullis/runtime'
import { createPortcullis, Refusal, type RequestLike, type ResponseLike } from '@portcullis/service'
import { instant } from '../history/history.ts'
import type { Answer } from './answer.ts'
import { feed } from './feed.ts'
import { keyRingOf, type Secrets } from './secrets.ts'

export interface ServiceOptions {
  readonly name: string
  /** The service whose contexts it accepts. Default its name. */
  readonly audience?: string
  readonly redisUrl: string
  readonly secrets: Secrets
  readonly leaseMs: number
  readonly replicas: number
  readonly clock?: Clock
  /** What it believes in; the follower as it is by default. */
  readonly beliefs?: (follower: Follower) => Follower
}

/** A service as in production: a follower, and decisions on forwarded contexts. */
export interface Service extends AsyncDisposable {
  readonly name: string
  readonly audience: string
  readonly url: string
  /** May this context act now? Without the way over HTTP. */
  decide(context: string): Promise<Answer>
}

const logger = createLogger({ name: 'faults', level: 'silent' })

export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, redisUrl, secrets, leaseMs, replicas, clock = systemClock } = options
  const { audience = name, beliefs = (follower) => follower } = options
  const keys = (await keyRingOf(secrets)).publicJwks()
  const follower = await createFollower({ redisUrl, name, logger, leaseMs, replicas, clock })
  const believed = beliefs(follower)
  const portcullis = createPortcullis({
    service: audience,
    keys,
    follower: believed,
    logger,
    clock,
  })

  async function answer(request: RequestLike, context: string | null, response?: ResponseLike) {
    const receivedAt = instant()
    const outcome = await portcullis.createContextFrom(request, response).then(
      (scope) => {
        scope[Symbol.dispose]()
        return scope.principal ? 'accepted' : 'refused'
      },
      (error: unknown) => (error instanceof Refusal ? OUTCOMES[error.reason] : undefined),
    )
    const decided: Answer = {
      decidedBy: name,
      receivedAt,
      decidedAt: instant(),
      outcome: outcome ?? 'unverifiable',
      context,
    }
    return decided
  }

  const server = createServer((request, response) => {
    if (request.url?.startsWith(FEED_OF(audience))) {
      portcullis.createContextFrom(request, response).then(
        (context) => feed(response, context, name),
        () => response.writeHead(503).end(),
      )
      return
    }
    const header = request.headers[CONTEXT_HEADER]
    const context = typeof header === 'string' ? header : null
    answer(request, context, response).then((decided) => send(response, decided), ignoreGone)
  })
  const url = await listen(server)

  return {
    name,
    audience,
    url,
    decide: (context) => answer({ headers: { [CONTEXT_HEADER]: context } }, context),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      portcullis[Symbol.dispose]()
      await believed[Symbol.asyncDispose]()
    },
  }
}

/** Path of the stream, as gateways know it. */
const FEED_OF = (audience: string) => `/${audience}.feed`

const OUTCOMES: Readonly<Record<string, Answer['outcome']>> = {
  ERR_CONTEXT_STALE: 'stale',
  ERR_CONTEXT_EXPIRED: 'refused',
  ERR_CONTEXT_INVALID: 'refused',
}

const STATUS = { accepted: 200, refused: 401, unverifiable: 503, stale: 503 } as const

function send(response: ServerResponse<IncomingMessage>, decided: Answer) {
  response.writeHead(STATUS[decided.outcome], { 'content-type': 'application/json' })
  response.end(JSON.stringify(decided))
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function ignoreGone(): void {}
