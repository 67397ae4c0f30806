import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import {
  type AssertionSigner,
  type AssuranceLevel,
  createVerificationKeys,
  type Jwks,
  type Principal,
} from '@portcullis/context'
import { createPrincipalSource, openBullQueues } from '@portcullis/jobs'
import type { Follower } from '@portcullis/revocation'
import { type Logger, systemClock } from '@portcullis/runtime'
import { listen } from '../listen.ts'
import { createBoard } from './board.ts'
import { createDashboardApp } from './dashboard-app.ts'
import { BASE_PATH } from './pages.ts'
import { createSecrets } from './secrets.ts'
import { createViewers, type Viewer } from './viewer.ts'

export interface DashboardOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** 0 for a free one. */
  readonly port: number
  /** Its origin as browsers see it; `https` unless on this machine. Default where it listens. */
  readonly url?: string | undefined
  /** How surely whoever looks has proved who they are. Default `aal1`. */
  readonly assurance?: AssuranceLevel
}

interface Surroundings {
  readonly gatewayUrl: string | readonly string[]
  readonly assertion: AssertionSigner
  readonly trust: { readonly gateway: Jwks }
  readonly connection: { redisUrl: string; name: string; logger: Logger }
  readonly follower: Follower
  /** What whoever looks must have. */
  readonly permission: string
  /** Names of the jobs whose queues are shown. */
  readonly names: readonly string[]
}

export interface Dashboard extends AsyncDisposable {
  readonly url: string
  readonly assurance: AssuranceLevel
  /** An address at which somebody may enter once, within half a minute. */
  open(principal: Principal): string
}

/** Half a minute, and not more at a time than people have hands. */
const TICKETS = { max: 100, lifetimeMs: 30_000 }
/** A working day, if the session that it began in lasts as long. */
const ENTRIES = { max: 100, lifetimeMs: 8 * 3_600_000 }
const MAX_CONNECTIONS = 100
const SERVER_LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384 }

/** The queues for people to look at. @throws {JobError} `ERR_QUEUE_UNAVAILABLE` */
export async function startDashboard(options: DashboardOptions & Surroundings): Promise<Dashboard> {
  const { connection, trust, host = '127.0.0.1', port, assurance = 'aal1' } = options
  const clock = systemClock
  const keys = createVerificationKeys(trust.gateway)
  const principals = createPrincipalSource({ ...options, keys, service: connection.name })
  const viewers = createViewers({ ...options, assurance, principals, clock })
  const tickets = createSecrets<Viewer>({ ...TICKETS, clock })

  await using started = new AsyncDisposableStack()
  const { queues } = started.use(await openBullQueues({ ...connection, names: options.names }))
  const server = createServer(SERVER_LIMITS)
  server.maxConnections = MAX_CONNECTIONS
  const { url } = started.use(await listen(server, { host, port }))
  const { origin } = new URL(options.url ?? url)
  const app = createDashboardApp({
    board: createBoard(queues, BASE_PATH),
    ...{ origin, viewers, tickets, logger: connection.logger },
    entries: createSecrets<Viewer>({ ...ENTRIES, clock }),
  })
  server.on('request', getRequestListener(app.fetch))
  const running = started.move()
  return {
    url: `${origin}${BASE_PATH}/`,
    assurance,
    open: (principal) =>
      `${origin}${BASE_PATH}/enter?ticket=${tickets.issue(viewers.admit(principal))}`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
