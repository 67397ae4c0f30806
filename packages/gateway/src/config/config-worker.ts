import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import type { ConfigReply } from './load-config.ts'
import { readConfig } from './read-config.ts'

const dataSchema = z.object({ url: z.url(), environment: z.record(z.string(), z.string()) })

parentPort?.postMessage(await reply())

async function reply(): Promise<ConfigReply> {
  const { url, environment } = dataSchema.parse(workerData)
  try {
    const module: { default?: unknown } = await import(url)
    return { config: readConfig(module.default, environment) }
  } catch (error) {
    if (error instanceof ConfigError) return { code: error.code, mistakes: error.mistakes }
    const message = error instanceof Error ? error.message : String(error)
    return { code: 'ERR_CONFIG_UNREADABLE', mistakes: [message.split('\n', 1)[0] as string] }
  }
}
