import { createGateway } from '@portcullis/gateway'
import { type Clock, createLogger, systemClock } from '@portcullis/runtime'
import { claimsFrom } from './claims-owner.ts'
import { keyRingOf, type Secrets } from './secrets.ts'

export interface GatewayInstanceOptions {
  readonly name: string
  readonly redisUrl: string
  readonly secrets: Secrets
  readonly leaseMs: number
  readonly replicas: number
  /** URLs by name. */
  readonly services: Readonly<Record<string, string>>
  /** Where claims are asked for. */
  readonly claimsUrl: string
  readonly clock?: Clock
}

/** A gateway as in production, listening. */
export interface GatewayInstance extends AsyncDisposable {
  readonly name: string
  readonly url: string
}

const logger = createLogger({ name: 'faults', level: 'silent' })

export async function startGateway(options: GatewayInstanceOptions): Promise<GatewayInstance> {
  const { name, redisUrl, secrets, leaseMs, replicas, services, clock = systemClock } = options
  const { pepper, tokenKeys } = secrets
  const gateway = await createGateway({
    name,
    redisUrl,
    leaseMs,
    replicas,
    services,
    clock,
    claims: claimsFrom(options.claimsUrl),
    pepper,
    tokenKeys,
    keyRing: await keyRingOf(secrets),
    publicUrl: 'http://127.0.0.1',
    logger,
    // What a crash or a hang of one constellation holds up is not to hold up the next.
    limits: { drainTimeoutMs: 200, upstreamTimeoutMs: 30_000 },
  })
  const { url } = await gateway.listen()
  return { name, url, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() }
}
