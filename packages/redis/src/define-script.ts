import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import type { z } from 'zod'
import { RedisError, toRedisError } from './errors.ts'

/** Raw bytes are passed as they are; numbers in decimal. */
export type ScriptArgument = string | number | Buffer

export interface ScriptDefinition<Input, Reply> {
  /** Lua parts in order: shared functions first, the script itself last. */
  readonly source: readonly string[]
  readonly keys: (input: Input) => readonly string[]
  readonly args: (input: Input) => readonly ScriptArgument[]
  /** Gets every string as a Buffer, every number as a number. */
  readonly reply: z.ZodType<Reply>
}

export interface Script<Input, Reply> {
  /** @throws {RedisError} with a code; a timed-out script may have run. */
  run(redis: Redis, input: Input): Promise<Reply>
  /**
   * Sends the script in this very step, and only once: what is sent after it on the connection runs after it. The server
   * must know it, see `load`.
   *
   * @throws {RedisError} `ERR_REDIS_SCRIPT_UNKNOWN` among others.
   */
  runLoaded(redis: Redis, input: Input): Promise<Reply>
  /** Makes the script known to the server. */
  load(redis: Redis): Promise<void>
}

/**
 * A Lua script with typed arguments and a checked reply. It is sent by its digest, and once by its text to a server that
 * does not know it.
 */
export function defineScript<Input, Reply>(
  definition: ScriptDefinition<Input, Reply>,
): Script<Input, Reply> {
  const lua = [FLAGS, ...definition.source].join('\n')
  const digest = createHash('sha1').update(lua).digest('hex')

  const rest = (input: Input) => {
    const keys = definition.keys(input)
    return [keys.length, ...keys, ...definition.args(input)]
  }

  async function send(redis: Redis, command: 'EVAL' | 'EVALSHA', script: string, input: Input) {
    const reply = await redis.callBuffer(command, script, ...rest(input)).catch((error) => {
      throw toRedisError(error)
    })
    const parsed = definition.reply.safeParse(reply)
    if (!parsed.success) throw new RedisError('ERR_REDIS_REPLY', { cause: parsed.error })
    return parsed.data
  }

  return {
    async run(redis, input) {
      try {
        return await send(redis, 'EVALSHA', digest, input)
      } catch (error) {
        if (!isUnknownScript(error)) throw error
      }
      // Not run yet, so sending it again cannot apply it twice.
      return send(redis, 'EVAL', lua, input)
    },

    runLoaded: (redis, input) => send(redis, 'EVALSHA', digest, input),

    async load(redis) {
      await redis.script('LOAD', lua).catch((error) => {
        throw toRedisError(error)
      })
    },
  }
}

// Revoking must work when memory is full; what creates says so itself and checks first.
const FLAGS = '#!lua flags=allow-oom'

function isUnknownScript(error: unknown): boolean {
  return error instanceof RedisError && error.code === 'ERR_REDIS_SCRIPT_UNKNOWN'
}

/** The text of a Lua file beside the calling module. */
export function readLua(moduleUrl: string, path: string): string {
  return readFileSync(new URL(path, moduleUrl), 'utf8')
}
