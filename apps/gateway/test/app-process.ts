import { fileURLToPath } from 'node:url'
import { type StartedProcess, startProcess } from '@portcullis/testing'
import type { AppName } from './environments.ts'

/** One instance of an app as a process of its own, at an address that it keeps when it is started again. */
export interface AppProcess extends AsyncDisposable {
  readonly url: string
  /** What the running process wrote so far. */
  output(): string
  /** To the running process; SIGSTOP and SIGCONT freeze it and let it go on. */
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, then wait for its end. Disposal gives it two seconds. */
  stop(): Promise<void>
  /** Starts it again and waits until it is ready. */
  start(): Promise<void>
}

/** Starts it and waits for `/readyz`. */
export async function startApp(
  app: AppName,
  port: number,
  env: NodeJS.ProcessEnv,
): Promise<AppProcess> {
  const url = `http://127.0.0.1:${port}`
  const entry = fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url))
  // At a port that is shared another process may answer.
  const ready = env['REUSE_PORT'] === '1' ? { readyLine: /is up/ } : { readyUrl: `${url}/readyz` }
  const launch = () => startProcess({ command: process.execPath, args: [entry], env, ...ready })
  let running: StartedProcess = await launch()
  return {
    url,
    output: () => running.output(),
    signal: (signal) => running.signal(signal),
    stop: async () => void (await running.stop()),
    async start() {
      running = await launch()
    },
    [Symbol.asyncDispose]: async () => void (await running.stop({ timeoutMs: 2_000 })),
  }
}
