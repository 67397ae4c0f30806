import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ConfigError } from './config-error.ts'
import type { GatewayConfig } from './define-config.ts'

export interface LoadConfigOptions {
  /** Path of a module whose default export `defineConfig` made; relative to the working directory. */
  readonly file: string
  readonly environment: NodeJS.ProcessEnv
  /** How long the file may take, milliseconds. Default 30,000. */
  readonly timeoutMs?: number
}

/** What the worker has to say. */
export type ConfigReply =
  | { readonly config: GatewayConfig }
  | { readonly code: ConfigError['code']; readonly mistakes: readonly string[] }

/** As source, and as built. */
const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('./config-worker.ts', import.meta.url)
  : new URL('./config-worker.js', import.meta.url)

/**
 * Reads a configuration file, anew each time, with all that it imports: in a worker, so that nothing of it stays behind
 * and whatever it does cannot harm a gateway that is serving.
 *
 * @throws {ConfigError} `ERR_CONFIG_INVALID` with every mistake at once; `ERR_CONFIG_UNREADABLE` if the file is missing,
 * cannot be executed, exports nothing, or takes too long.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<GatewayConfig> {
  const { file, environment, timeoutMs = 30_000 } = options
  const workerData = { url: pathToFileURL(resolve(file)).href, environment: { ...environment } }
  const worker = new Worker(WORKER, { workerData, env: {} })
  const reply = await replyOf(worker, timeoutMs).finally(() => worker.terminate())
  if ('config' in reply) return reply.config
  throw new ConfigError(reply.code, reply.mistakes)
}

function replyOf(worker: Worker, timeoutMs: number): Promise<ConfigReply> {
  const { promise, resolve: settle } = Promise.withResolvers<ConfigReply>()
  const fail = (mistake: string) => settle({ code: 'ERR_CONFIG_UNREADABLE', mistakes: [mistake] })
  const timer = setTimeout(() => fail(`took longer than ${timeoutMs} ms`), timeoutMs)
  worker.once('message', settle)
  worker.once('error', (error) => fail(error instanceof Error ? error.message : String(error)))
  worker.once('exit', () => fail('ended without a configuration'))
  return promise.finally(() => clearTimeout(timer))
}
