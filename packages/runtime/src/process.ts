import type { Logger } from 'pino'

export interface ProcessOptions {
  /** Named in log lines and in the message of a failed start. */
  readonly name: string
  readonly logger: Logger
  /** Builds everything and resolves once it serves; what it returns is disposed of at the end. */
  readonly start: () => Promise<AsyncDisposable>
  /** How long disposal may take before the process exits anyway, with 1. Milliseconds, default 10_000. */
  readonly shutdownTimeoutMs?: number
}

/** Why a process ends; `failure` is there if nobody caught it. */
interface Ending {
  readonly reason: string
  readonly failure?: unknown
}

/**
 * Runs a process: starts it, waits for SIGINT or SIGTERM, disposes of it and exits with 0. It exits with 1 after
 * printing the message if the start fails, and after disposing if an exception reached nobody, or if disposal fails or
 * takes too long. A second signal changes nothing: a terminal and a supervisor often send one each.
 */
export async function runProcess(options: ProcessOptions): Promise<void> {
  const { logger, name, shutdownTimeoutMs = 10_000 } = options
  const end = waitForEnd()
  const started = options.start()
  started.then(
    () => logger.info('%s is up', name),
    (failure: unknown) => exitUnstarted(name, failure),
  )

  const ending = await end
  logEnding(logger, name, ending)
  const isClean = await settlesCleanly(dispose(started), shutdownTimeoutMs, logger)
  process.exit(isClean && ending.failure === undefined ? 0 : 1)
}

function waitForEnd(): Promise<Ending> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => resolve({ reason: signal }))
    }
    // Unhandled rejections arrive here too.
    process.on('uncaughtException', (failure, reason) => resolve({ reason, failure }))
  })
}

function exitUnstarted(name: string, failure: unknown): never {
  const message = failure instanceof Error ? failure.message : String(failure)
  process.stderr.write(`${name} could not start. ${message}\n`)
  process.exit(1)
}

function logEnding(logger: Logger, name: string, { reason, failure }: Ending): void {
  if (failure === undefined) logger.info('%s stops on %s', name, reason)
  else logger.fatal({ err: failure }, '%s stops on %s', name, reason)
}

/** A start that is still running is waited for, so that what it opened is closed. */
async function dispose(started: Promise<AsyncDisposable>): Promise<void> {
  const running = await started
  await running[Symbol.asyncDispose]()
}

async function settlesCleanly(
  work: Promise<void>,
  limitMs: number,
  logger: Logger,
): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => {
    logger.error('shutdown took longer than %d ms', limitMs)
    late.resolve(false)
  }, limitMs)
  const settled = work.then(
    () => true,
    (err: unknown) => {
      logger.error({ err }, 'shutdown failed')
      return false
    },
  )
  const isClean = await Promise.race([settled, late.promise])
  clearTimeout(timer)
  return isClean
}
