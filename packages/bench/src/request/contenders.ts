import { type Peer, startPeer } from '../peers/peer.ts'
import { startNginx } from './peers/nginx.ts'
import { QUERY } from './query.ts'
import type { Sessions } from './sessions.ts'
import { type Credentials, signInAt } from './sign-in.ts'

const SCRIPTS = {
  express: new URL('./peers/express-main.ts', import.meta.url),
  gateway: new URL('../gateway/peers/gateway-main.ts', import.meta.url),
  proxy: new URL('../gateway/peers/proxy-main.ts', import.meta.url),
}

/** Where a contender is started. */
interface Ground {
  readonly target: string
  readonly redisUrl: string
  readonly secret: string
  readonly connections: number
  readonly sessions: Sessions
}

/** A way to bring a request to its service, ready for requests. */
export interface Contender {
  readonly peer: Peer
  /** For each connection, what its requests carry in turn: the same person's again and again, or a new one's each time. */
  credentials(connection: number, requests: number): readonly Credentials[]
}

interface ContenderKind {
  readonly title: string
  readonly authenticates: boolean
  start(ground: Ground): Promise<Contender>
}

/** In the order of the tables. */
export const CONTENDERS = {
  nginx: {
    title: 'nginx proxy_pass, no authentication',
    authenticates: false,
    start: async (ground) => {
      const peer = await startNginx(ground.target, QUERY.path)
      return { peer, credentials: ground.sessions.known }
    },
  },
  proxy: {
    title: 'bare undici proxy, no authentication',
    authenticates: false,
    start: async ({ target, sessions }) => {
      return { peer: await startPeer(SCRIPTS.proxy, { target }), credentials: sessions.known }
    },
  },
  express: {
    title: 'express, http-proxy-middleware, no authentication',
    authenticates: false,
    start: async ({ target, redisUrl, sessions }) => {
      const peer = await startPeer(SCRIPTS.express, { target, redisUrl })
      return { peer, credentials: sessions.known }
    },
  },
  warm: {
    title: 'Portcullis, warm',
    authenticates: true,
    start: async (ground) => {
      return { peer: await startGateway(ground), credentials: ground.sessions.known }
    },
  },
  cold: {
    title: 'Portcullis, each request a new session',
    authenticates: true,
    start: async (ground) => {
      return { peer: await startGateway(ground), credentials: ground.sessions.take }
    },
  },
  expressSession: peerKind(
    'express-session, connect-redis',
    new URL('./peers/express-session-main.ts', import.meta.url),
  ),
  jwt: peerKind('express, jsonwebtoken RS256', new URL('./peers/jwt-main.ts', import.meta.url)),
  jwtDenylist: peerKind(
    'express, jsonwebtoken RS256, denylist',
    new URL('./peers/jwt-main.ts', import.meta.url),
    'denylist',
  ),
  betterAuth: peerKind(
    'Better Auth, sessions in Redis',
    new URL('./peers/better-auth-main.ts', import.meta.url),
  ),
  betterAuthCookieCache: peerKind(
    'Better Auth, cookie cache',
    new URL('./peers/better-auth-main.ts', import.meta.url),
    'cookie-cache',
  ),
  ironSession: peerKind('iron-session', new URL('./peers/iron-session-main.ts', import.meta.url)),
  fastifySession: peerKind(
    '@fastify/session, connect-redis',
    new URL('./peers/fastify-session-main.ts', import.meta.url),
  ),
} as const satisfies Record<string, ContenderKind>
export type ContenderName = keyof typeof CONTENDERS
export const CONTENDER_NAMES = Object.keys(CONTENDERS) as ContenderName[]
/** Of others, those that tell who a request is from. */
export const AUTHENTICATING_PEERS = CONTENDER_NAMES.filter(
  (name) => CONTENDERS[name].authenticates && name !== 'warm' && name !== 'cold',
)

function startGateway({ target, redisUrl, secret }: Ground): Promise<Peer> {
  return startPeer(SCRIPTS.gateway, { redisUrl, secret, services: { orders: target } })
}

function peerKind(title: string, script: URL, variant?: string): ContenderKind {
  return {
    title,
    authenticates: true,
    async start({ target, redisUrl, connections }) {
      const peer = await startPeer(script, { target, redisUrl, variant })
      const people = await signInAt(peer.url, connections)
      return { peer, credentials: (connection) => people.slice(connection, connection + 1) }
    },
  }
}
