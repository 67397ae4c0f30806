import {
  CONTEXT_HEADER,
  createContextSigner,
  createKeyRing,
  type Position,
  type Principal,
  parsePosition,
  type SigningJwk,
  STALE_HEADER,
} from '@portcullis/context'
import { createKeyspace } from '@portcullis/redis'
import { systemClock } from '@portcullis/runtime'
import type { RedisServer } from '@portcullis/testing'
import { Redis } from 'ioredis'

/** How far the log goes, as the server itself has it. */
export async function headOf(redis: RedisServer): Promise<Position> {
  const keys = createKeyspace()
  const connection = new Redis(redis.url)
  try {
    const [epoch, head] = await connection.mget(keys.epoch, keys.head)
    return { epoch: Number(epoch?.split(' ')[0]), seq: Number(head?.split(' ')[0]) }
  } finally {
    connection.disconnect()
  }
}

export interface ContextWish {
  readonly signingKey: SigningJwk
  readonly principal: Principal
  readonly audience: string
  readonly position: Position
  /** Milliseconds from now at which it was made. Default 0. */
  readonly offsetMs?: number
}

/** What a gateway with that key would send with a call. */
export async function signContext(wish: ContextWish): Promise<string> {
  const { signingKey, principal, audience, position, offsetMs = 0 } = wish
  const keyRing = await createKeyRing({ signing: signingKey })
  const clock = { now: systemClock.now, wall: () => systemClock.wall() + offsetMs }
  const sessionEndsAt = clock.wall() + 300_000
  const signer = createContextSigner({ keyRing, clock })
  return (await signer.sign(principal, { audience, position, sessionEndsAt })).token
}

/** How a service answered; where it is in the log if it says that it knows more than the context. */
export interface ServiceAnswer {
  readonly status: number
  /** `data.portcullis.code` of a refusal. */
  readonly code: string | undefined
  readonly position: Position | undefined
}

/** A query sent to a service itself, past every gateway. */
export async function askService(
  service: { readonly url: string },
  path: string,
  context: string | undefined,
): Promise<ServiceAnswer> {
  const headers = context === undefined ? {} : { [CONTEXT_HEADER]: context }
  const response = await fetch(`${service.url}/${path}`, { headers })
  const body = (await response.json()) as { error?: { data: { portcullis?: { code: string } } } }
  const stale = response.headers.get(STALE_HEADER) ?? ''
  return {
    status: response.status,
    code: body.error?.data.portcullis?.code,
    position: parsePosition(stale),
  }
}
