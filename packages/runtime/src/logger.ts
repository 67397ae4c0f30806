import {
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
  pino,
  stdSerializers,
} from 'pino'
import { redactSecrets } from './logger-redaction.ts'

export type { Logger } from 'pino'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LoggerOptions {
  /** Name of the process, in every line. */
  readonly name: string
  /** Default `info`. */
  readonly level?: LogLevel
  /** Where the JSON lines go. Default standard output. */
  readonly destination?: DestinationStream
}

/**
 * A pino logger that writes JSON lines and never a secret: whatever is called authorization, cookie, `x-portcullis-*`
 * or ends in password, token, secret or pepper is replaced at any depth, in child loggers and inside errors too.
 * What a message says in prose is the caller's business.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    name: options.name,
    level: options.level ?? 'info',
    formatters: { log: redactSecrets },
    serializers: { err: serializeError },
  }
  const { destination } = options
  return redactBindings(destination === undefined ? pino(settings) : pino(settings, destination))
}

// pino runs no formatter over a child's bindings. A child inherits from its parent, so this covers all generations.
function redactBindings(logger: Logger): Logger {
  const { child } = logger
  const redacted = function (
    this: Logger,
    bindings: Bindings,
    options?: ChildLoggerOptions,
  ): unknown {
    return Reflect.apply(child, this, [redactSecrets(bindings), options])
  }
  return Object.assign(logger, { child: redacted })
}

function serializeError(error: Error): Record<string, unknown> {
  return redactSecrets({ ...stdSerializers.err(error) })
}
