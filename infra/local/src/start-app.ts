import { eventually, type StartedProcess, startProcess } from '@portcullis/testing'
import { type AppName, entryOf, environmentOf, type Surroundings, urlOf } from './apps.ts'

export interface AppOptions {
  readonly surroundings: Surroundings
  /** Called with every line the app writes. */
  readonly onLine: (app: AppName, line: string) => void
  /** Overrides of the app's environment. */
  readonly environment?: NodeJS.ProcessEnv
  /** Default the app's own `src/main.ts`. */
  readonly entry?: (app: AppName) => string
}

/** The longest that an app in development may hold up the end. */
const STOP_TIMEOUT_MS = 5_000
const READY_TIMEOUT_MS = 60_000

/** Starts an app and resolves once `/readyz` answers. @throws {TestingError} if it ends or is not ready in time. */
export async function startApp(app: AppName, options: AppOptions): Promise<AsyncDisposable> {
  const started = await startProcess({
    ...commandOf(app, [], options),
    readyUrl: `${urlOf(app, options.surroundings)}/readyz`,
    readyTimeoutMs: READY_TIMEOUT_MS,
    onLine: (line) => options.onLine(app, line),
  })
  return stoppable(started)
}

export interface WatchedApp extends AsyncDisposable {
  /** True once `/readyz` answers, false if the app failed first or takes longer than a minute. */
  readonly isReady: Promise<boolean>
}

export interface WatchOptions extends AppOptions {
  /** Called each time the app has ended by itself; it starts again when one of its files changes. */
  readonly onEnd: (app: AppName) => void
}

/** Runs an app and starts it again whenever a file that it imports changes. */
export async function watchApp(app: AppName, options: WatchOptions): Promise<WatchedApp> {
  const firstEnd = Promise.withResolvers<false>()
  const started = await startProcess({
    ...commandOf(app, ['--watch', '--watch-preserve-output'], options),
    onLine(line) {
      options.onLine(app, line)
      if (!ENDED.test(line)) return
      options.onEnd(app)
      firstEnd.resolve(false)
    },
  })
  const ready = answers(`${urlOf(app, options.surroundings)}/readyz`)
  return { isReady: Promise.race([ready, firstEnd.promise]), ...stoppable(started) }
}

/** How `node --watch` says that the process is over. */
const ENDED = /^(Failed|Completed) running /

function commandOf(app: AppName, flags: readonly string[], options: AppOptions) {
  const entry = options.entry ?? entryOf
  return {
    command: process.execPath,
    args: [...flags, entry(app)],
    env: { ...environmentOf(app, options.surroundings), ...options.environment },
  }
}

function stoppable(started: StartedProcess): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => void (await started.stop({ timeoutMs: STOP_TIMEOUT_MS })),
  }
}

async function answers(url: string): Promise<boolean> {
  const attempt = async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    if (!response.ok) throw new Error(`${url} answers ${response.status}`)
    return true
  }
  return eventually(attempt, { timeoutMs: READY_TIMEOUT_MS, intervalMs: 100 }).catch(() => false)
}
