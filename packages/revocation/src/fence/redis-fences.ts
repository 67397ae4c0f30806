import { inOneWrite, type Keyspace, type Redis, RedisError, toRedisError } from '@portcullis/redis'
import { RevocationError } from '../errors.ts'
import { attachedReplicas } from './fence-reply.ts'
import { FOREIGN, fenceScript, leaveScript, openScript, settleScript } from './fence-scripts.ts'
import type { FenceAnswer, FenceRequest, FenceServer } from './fence-server.ts'

export interface RedisFencesOptions {
  /** Has no other use: WAIT holds up whatever comes after it. */
  readonly redis: Redis
  readonly keyspace: Keyspace
  /** Replicas configured beside the primary. */
  readonly replicas: number
  /** How long they may take, in milliseconds. */
  readonly waitMs: number
  /** In whose name all this is done, if not in one's own: records of other services are left alone. */
  readonly onBehalfOf?: string
}

/** How many replicas make a majority of all, together with the primary. */
export function majorityOf(replicas: number): number {
  return Math.floor((replicas + 1) / 2)
}

/** Fences of one Redis connection. */
export function createRedisFences(options: RedisFencesOptions): FenceServer {
  const { redis, keyspace, replicas, onBehalfOf } = options
  const needed = majorityOf(replicas)

  async function waitForReplicas() {
    return redis.call('WAIT', needed, Math.ceil(options.waitMs)).catch((cause) => {
      throw toRedisError(cause)
    })
  }

  async function send(request: FenceRequest): Promise<FenceAnswer> {
    // On one socket in one step: a WAIT that went another way would vouch for another write.
    const [reply, acknowledged] = await inOneWrite(redis, () =>
      Promise.all([
        fenceScript.runLoaded(redis, { ...request, keyspace, onBehalfOf }),
        needed > 0 ? waitForReplicas() : 0,
      ]),
    )
    if (reply === FOREIGN) throw new RevocationError('ERR_MEMBER_FOREIGN')
    const hasMajority = Number(acknowledged) >= needed
    const isProven = reply !== null && hasMajority && attachedReplicas(reply) <= replicas
    return { reply, isProven }
  }

  return {
    async fence(request) {
      try {
        return await send(request)
      } catch (error) {
        if (!isUnknown(error)) throw error
      }
      await fenceScript.load(redis)
      return send(request)
    },
    async open(held, state = 'whole') {
      await openScript.run(redis, { keyspace, held, broken: state === 'broken' })
    },
    async settle({ random }, state) {
      await settleScript.run(redis, { keyspace, random, state })
    },
    async remove(leaver, { record = '' } = {}) {
      const removed = await leaveScript.run(redis, { keyspace, leaver, record, onBehalfOf })
      if (removed === FOREIGN) throw new RevocationError('ERR_MEMBER_FOREIGN')
    },
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof RedisError && error.code === 'ERR_REDIS_SCRIPT_UNKNOWN'
}
