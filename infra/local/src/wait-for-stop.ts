const PARENT_CHECK_MS = 500
const IMPATIENCE_MS = 1_000

/**
 * Resolves when this process is asked to end: SIGINT, SIGTERM, SIGHUP, or because the package manager that launched it
 * is gone and nobody is left to ask. Ctrl-C once more, a second or longer after the first, exits without waiting.
 */
export function waitForStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let askedAt: number | undefined
  const ask = () => {
    // A terminal and a package manager often send one each.
    if (askedAt !== undefined && performance.now() - askedAt > IMPATIENCE_MS) process.exit(130)
    askedAt ??= performance.now()
    resolve()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
  if (process.env['npm_lifecycle_event'] !== undefined) watchParent(resolve)
  return promise
}

function watchParent(onGone: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    onGone()
  }, PARENT_CHECK_MS)
  timer.unref()
}
