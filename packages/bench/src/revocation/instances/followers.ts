import { createFollower, type Follower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createReceiptsOf } from './receipts-of.ts'
import type { Receivers } from './receivers.ts'

export interface FollowersOptions {
  readonly redisUrl: string
  readonly count: number
  readonly leaseMs: number
  readonly replicas: number
}

const logger = createLogger({ name: 'bench', level: 'error' })

/** Instances as a service has them, each with sockets, log and lease of its own. */
export async function startFollowers(options: FollowersOptions): Promise<Receivers> {
  const { count, redisUrl, leaseMs, replicas } = options
  const receipts = createReceiptsOf(count)
  const followers: Follower[] = []
  // One after the other: that many beginners at once are not what is measured.
  while (followers.length < count) {
    followers.push(await createFollower({ redisUrl, name: 'service', leaseMs, replicas, logger }))
  }
  for (const follower of followers) {
    // Heard after the floor was raised: from here on this instance refuses the session.
    follower.onEvent(({ session }) => session && receipts.note(session))
  }
  return {
    receipts,
    async [Symbol.asyncDispose]() {
      await Promise.all(followers.map((follower) => follower[Symbol.asyncDispose]()))
    },
  }
}
