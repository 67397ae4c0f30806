import { inOneWrite, type Redis, RedisError, type Script } from '@portcullis/redis'
import { majorityOf } from '../fence/redis-fences.ts'
import { readPersistence } from '../receipts/persistence.ts'

/** Who has a change, and for how long. */
export interface Kept {
  /** Replicas that had it when the WAIT behind it was answered; 0 without one, or if that is not known. */
  readonly copies: number
  /** Whether the server has flushed it, or keeps nothing over a restart; false also where it does not tell. */
  readonly isKept: boolean
}

/** Runs scripts that change something, and finds out in the same round trip who has the change. */
export interface Changes {
  /**
   * Null where the script's reply is: there was no history to change.
   *
   * @throws {RedisError} as the script does; also when 10,000 changes wait to be sent.
   */
  run<Input, Reply extends object>(
    script: Script<Input, Reply | null>,
    input: Input,
  ): Promise<(Reply & Kept) | null>
}

export interface ChangesOptions {
  /** With replicas it has no other use: WAIT holds up whatever comes after it. */
  readonly redis: Redis
  /** Replicas configured beside the primary. */
  readonly replicas: number
}

/** Changes that leave together. */
interface Batch {
  readonly sends: (() => void)[]
  readonly kept: Promise<Kept>
}

const MAX_BATCH = 10_000
/** How long replicas may take before a change counts as unproven, in milliseconds: less than a command. */
const WAIT_MS = 500

/**
 * Behind the scripts, on the same socket and with the same write, the server is asked for its settings, and with replicas a
 * WAIT for a majority goes out. Changes that come while one is under way leave together after it and share the next.
 */
export function createChanges({ redis, replicas }: ChangesOptions): Changes {
  const needed = majorityOf(replicas)
  let underway: Promise<unknown> = Promise.resolve()
  let next: Batch | undefined

  function openBatch(): Batch {
    const sends: Batch['sends'] = []
    const kept = underway.then(() => {
      next = undefined
      return inOneWrite(redis, () => {
        for (const send of sends) send()
        return look()
      })
    })
    if (needed > 0) underway = kept
    return { sends, kept }
  }

  async function look(): Promise<Kept> {
    // What fails leaves the change unproven; a fence will tell.
    const [isKept, copies] = await Promise.all([
      readPersistence(redis),
      needed > 0 ? redis.call('WAIT', needed, WAIT_MS).catch(() => 0) : 0,
    ])
    return { isKept, copies: Number(copies) }
  }

  async function send<Input, Reply>(script: Script<Input, Reply>, input: Input) {
    next ??= openBatch()
    const { sends, kept } = next
    if (sends.length >= MAX_BATCH) throw new RedisError('ERR_REDIS_UNAVAILABLE')
    const { promise, resolve } = Promise.withResolvers<Reply>()
    sends.push(() => resolve(script.runLoaded(redis, input)))
    return Promise.all([promise, kept])
  }

  return {
    async run(script, input) {
      const [reply, kept] = await send(script, input).catch(async (error: unknown) => {
        if (!isUnknownScript(error)) throw error
        // Not run yet, so sending it again cannot apply it twice.
        await script.load(redis)
        return send(script, input)
      })
      return reply && { ...reply, ...kept }
    },
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof RedisError && error.code === 'ERR_REDIS_SCRIPT_UNKNOWN'
}
