import type { IncomingMessage } from 'node:http'
import type { KeyRing } from '@portcullis/context'
import type { Reply } from '../respond/reply.ts'

export interface PublicEndpointsOptions {
  /** Undefined: there are no sessions, and nothing is signed. */
  readonly keyRing: KeyRing | undefined
  /** Whether requests should still be sent here. */
  isReady(): boolean
}

/** Answers what is not a tRPC call: `/healthz`, `/readyz`, `/.well-known/jwks.json`. Undefined for anything else. */
export type PublicEndpoints = (request: IncomingMessage) => Reply | undefined

const JSON_HEADERS = ['content-type', 'application/json', 'cache-control', 'no-store'] as const
/** How long a verifier may keep the keys: rotation publishes a key at least so long before it signs, seconds. */
const KEYS_MAX_AGE_SECONDS = 300

export function createPublicEndpoints(options: PublicEndpointsOptions): PublicEndpoints {
  const keys = options.keyRing && keysReply(options.keyRing)
  return ({ method, url }) => {
    if (method !== 'GET' && method !== 'HEAD') return undefined
    if (url === '/healthz') return health(true)
    if (url === '/readyz') return health(options.isReady())
    return url === '/.well-known/jwks.json' ? keys : undefined
  }
}

function keysReply(keyRing: KeyRing): Reply {
  return {
    status: 200,
    headers: [
      ...['content-type', 'application/jwk-set+json'],
      ...['cache-control', `public, max-age=${KEYS_MAX_AGE_SECONDS}`],
    ],
    body: JSON.stringify(keyRing.publicJwks()),
  }
}

function health(ok: boolean): Reply {
  return { status: ok ? 200 : 503, headers: JSON_HEADERS, body: JSON.stringify({ ok }) }
}
