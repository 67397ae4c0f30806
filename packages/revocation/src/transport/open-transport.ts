import type { InstanceId } from '@portcullis/context'
import type { Clock } from '@portcullis/runtime'
import type { FollowerOptions } from '../follower.ts'
import { createGatewayTransport } from './gateway-transport.ts'
import { createRedisTransport } from './redis-transport.ts'
import type { Transport } from './transport.ts'

interface Resolved {
  readonly instance: InstanceId
  readonly leaseMs: number
  readonly clock: Clock
}

/** The road that the options name. */
export function openTransport(options: FollowerOptions & Resolved): Transport {
  if (options.gatewayUrl === undefined) return createRedisTransport(options)
  return createGatewayTransport(options)
}
