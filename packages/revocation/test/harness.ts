import { createId, type InstanceId, type Position, type SubjectId } from '@portcullis/context'
import { createKeyspace } from '@portcullis/redis'
import { createLogger, type Logger } from '@portcullis/runtime'
import { startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
  type Follower,
  type LogEvent,
  type PublishedClaims,
  type Receipt,
  type ReceiptWait,
  type RedisFollowerOptions,
} from '../src/index.ts'

const logger: Logger = createLogger({ name: 'test', level: 'silent' })
export const PEPPER = Buffer.alloc(32, 7).toString('base64url')

/** Milliseconds. */
export const LEASE_MS = 400

/** There is no truth of sessions in these tests, so nothing to repair. */
const drives = { repair: async () => undefined }

interface ChangeOptions {
  readonly wait?: ReceiptWait
  /** Whether the change's own reply is handed on, or a fence has to prove it. */
  readonly provenBy?: 'reply' | 'fence'
}

/** A server, and what tests do on it. */
export async function startLog(
  options: { readonly args?: readonly string[]; readonly isDeclaredNew?: boolean } = {},
) {
  const redis = await startRedis(options.args ? { args: options.args } : {})
  const admin = new Redis(redis.url)
  const { url: redisUrl } = redis
  const publisher = createClaimsPublisher({ redisUrl, name: 'publisher', pepper: PEPPER })
  admin.on('error', () => undefined)
  if (options.isDeclaredNew !== false) await declareNewInstallation({ redisUrl })
  let version = 0

  async function announce(subject: SubjectId, originator?: InstanceId): Promise<PublishedClaims> {
    version += 1
    const change = { subject, version, id: createId('chg'), cause: 'test' }
    return publisher.publish(change, originator)
  }

  async function publish(subject: SubjectId, originator?: InstanceId): Promise<Position> {
    return (await announce(subject, originator)).position
  }

  return {
    redis,
    admin,
    keys: createKeyspace(),

    follow: (of: Partial<RedisFollowerOptions> = {}) =>
      createFollower({ redisUrl, name: 'follower', logger, leaseMs: LEASE_MS, ...drives, ...of }),

    publish,

    /** Publishes in the name of a follower, and waits for its receipt. */
    async change(
      revoker: Follower,
      subject: SubjectId,
      { provenBy = 'reply', ...options }: ChangeOptions = {},
    ): Promise<Receipt> {
      const startedAt = performance.now()
      const { proof, ...point } = await announce(subject, revoker.instance)
      const change = { ...point, ...(provenBy === 'reply' && { proof }) }
      return revoker.enforce({ id: createId('chg'), startedAt, ...change, ...options })
    },

    publisher,

    async fencesOf({ instance }: Follower): Promise<number> {
      const record = await admin.hget(createKeyspace().members, instance)
      return Number(/"fences":(\d+)/.exec(record ?? '')?.[1])
    },

    async [Symbol.asyncDispose]() {
      admin.disconnect()
      await publisher[Symbol.asyncDispose]()
      await redis[Symbol.asyncDispose]()
    },
  }
}

export function recordEvents(follower: Follower): LogEvent[] {
  const events: LogEvent[] = []
  follower.onEvent((event) => events.push(event))
  return events
}

export function keysOf(subject: SubjectId) {
  return { session: 'ses_x', subject, organization: null } as const
}
