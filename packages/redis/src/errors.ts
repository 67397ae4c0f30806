const MESSAGES = {
  ERR_REDIS_UNAVAILABLE: 'Redis cannot be reached',
  ERR_REDIS_TIMEOUT: 'Redis did not answer in time; whether the command took effect is unknown',
  ERR_REDIS_REFUSED: 'Redis refused the command',
  ERR_REDIS_SCRIPT_UNKNOWN: 'Redis does not know the script; it did not run',
  ERR_REDIS_REPLY: 'Redis answered something else than was agreed',
} as const

export type RedisErrorCode = keyof typeof MESSAGES

/** A command failed. The cause is the driver's own error; no argument of the command is repeated in the message. */
export class RedisError extends Error {
  override readonly name = 'RedisError'
  readonly code: RedisErrorCode

  constructor(code: RedisErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options)
    this.code = code
  }
}

/** Gives a driver error its code. What is one already passes. */
export function toRedisError(cause: unknown): RedisError {
  if (cause instanceof RedisError) return cause
  return new RedisError(codeOf(cause), { cause })
}

function codeOf(cause: unknown): RedisErrorCode {
  if (!(cause instanceof Error)) return 'ERR_REDIS_UNAVAILABLE'
  if (cause.message === 'Command timed out') return 'ERR_REDIS_TIMEOUT'
  if (cause.message.startsWith('NOSCRIPT')) return 'ERR_REDIS_SCRIPT_UNKNOWN'
  return cause.name === 'ReplyError' ? 'ERR_REDIS_REFUSED' : 'ERR_REDIS_UNAVAILABLE'
}
