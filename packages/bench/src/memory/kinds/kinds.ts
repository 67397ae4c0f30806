import { betterAuthWithRedis } from './better-auth.ts'
import { connectRedis } from './connect-redis.ts'
import type { Kind } from './keeping.ts'
import { portcullis } from './portcullis.ts'

export const KINDS = {
  portcullis,
  connectRedis,
  betterAuth: betterAuthWithRedis,
} as const satisfies Record<string, Kind>
export type KindName = keyof typeof KINDS
export const KIND_NAMES = Object.keys(KINDS) as KindName[]
