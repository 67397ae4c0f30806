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
  return {
    async run(redis, input) {
      const keys = definition.keys(input)
      const rest = [keys.length, ...keys, ...definition.args(input)]
      const reply = await evaluate(redis, digest, lua, rest)
      const parsed = definition.reply.safeParse(reply)
      if (!parsed.success) throw new RedisError('ERR_REDIS_REPLY', { cause: parsed.error })
      return parsed.data
    },
  }
}

// Revoking must work when memory is full; what creates says so itself and checks first.
const FLAGS = '#!lua flags=allow-oom'

async function evaluate(redis: Redis, digest: string, lua: string, rest: ScriptArgument[]) {
  try {
    return await redis.callBuffer('EVALSHA', digest, ...rest)
  } catch (error) {
    if (!isUnknownScript(error)) throw toRedisError(error)
  }
  // Not run yet, so sending it again cannot apply it twice.
  return redis.callBuffer('EVAL', lua, ...rest).catch((error) => {
    throw toRedisError(error)
  })
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** The text of a Lua file beside the calling module. */
export function readLua(moduleUrl: string, path: string): string {
  return readFileSync(new URL(path, moduleUrl), 'utf8')
}
