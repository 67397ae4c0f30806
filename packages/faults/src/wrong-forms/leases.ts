import type { Follower } from '@portcullis/revocation'
import { Redis } from 'ioredis'
import { believing } from './believing.ts'

const LOOK_EVERY_MS = 1
const PINGS_PER_LEASE = 8

/** Its lease counts from when the proof was here, not from when it was asked for. */
export function leaseFromReceiveTime(follower: Follower): Follower {
  let proven = follower.leaseEndsAt
  let endsAt = proven
  const timer = setInterval(() => {
    if (follower.leaseEndsAt === proven) return
    proven = follower.leaseEndsAt
    endsAt = performance.now() + follower.leaseMs
  }, LOOK_EVERY_MS)
  return believing(follower, {
    isFresh: () => performance.now() < endsAt,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await follower[Symbol.asyncDispose]()
    },
  })
}

/** A PING that was answered is its proof: nothing is written, and no replica has to have it. */
export function pingAsProof(follower: Follower, redisUrl: string): Follower {
  const redis = new Redis(redisUrl, { connectionName: 's1:ping', commandTimeout: follower.leaseMs })
  redis.on('error', leaveToNext)
  let endsAt = Number.NEGATIVE_INFINITY
  const timer = setInterval(async () => {
    const sentAt = performance.now()
    await redis.ping().then(() => {
      endsAt = Math.max(endsAt, sentAt + follower.leaseMs)
    }, leaveToNext)
  }, follower.leaseMs / PINGS_PER_LEASE)
  return believing(follower, {
    isFresh: () => performance.now() < endsAt,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      redis.disconnect()
      await follower[Symbol.asyncDispose]()
    },
  })
}

/** It heeds its lease and nothing that is said. */
export function floorsIgnored(follower: Follower): Follower {
  return believing(follower, { isStale: () => false, isSessionStale: () => false })
}

function leaveToNext(): void {}
