import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Gateway } from '@portcullis/gateway'
import { ConfigError, type GatewayConfig } from '@portcullis/gateway/config'
import type { Logger } from '@portcullis/runtime'

export interface ReloadOptions {
  readonly gateway: Pick<Gateway, 'updateServices'>
  /** With which the gateway was started. */
  readonly config: GatewayConfig
  load(): Promise<GatewayConfig>
  readonly logger: Logger
  /** Read again when it changes, beside SIGHUP. */
  readonly watchedFile?: string | undefined
}

/** Editors write a file in several steps. */
const SETTLE_MS = 100

/**
 * Reads the configuration again at SIGHUP and has the gateway serve by its routes from then on. With one that is wrong
 * everything stays as it is, and its mistakes are logged. What is asked for meanwhile is done once, afterwards.
 */
export function reloadOnRequest(options: ReloadOptions): Disposable {
  const { logger, watchedFile } = options
  let { config } = options
  let isWanted = false
  let isBusy = false

  async function reload() {
    isWanted = true
    if (isBusy) return
    isBusy = true
    try {
      while (isWanted) {
        isWanted = false
        config = await applied(options, config)
      }
    } finally {
      isBusy = false
    }
  }

  const request = () => {
    reload().catch((err) => logger.error({ err }, 'The configuration could not be read again'))
  }
  process.on('SIGHUP', request)
  const watcher = watchedFile === undefined ? undefined : watchFile(watchedFile, request)
  return {
    [Symbol.dispose]() {
      process.off('SIGHUP', request)
      watcher?.[Symbol.dispose]()
    },
  }
}

/** @returns the configuration that holds from now on. */
async function applied(
  { gateway, load, logger }: ReloadOptions,
  before: GatewayConfig,
): Promise<GatewayConfig> {
  try {
    const config = await load()
    const changes = gateway.updateServices(config)
    logger.info(changes, 'The configuration was read again')
    const later = otherOptions(before, config)
    if (later.length > 0) logger.warn({ options: later }, 'These take effect at the next start')
    return config
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof TypeError)) throw error
    const mistakes = error instanceof ConfigError ? error.mistakes : [error.message]
    logger.error({ mistakes }, 'The configuration is wrong and was not taken')
    return before
  }
}

/** What the gateway takes while it serves. */
const ROUTES = new Set(['services', 'fallback'])

/** Those that differ, beside the routes. */
function otherOptions(before: GatewayConfig, after: GatewayConfig): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  const [old, young] = [Object.entries(before), Object.entries(after)].map(
    (entries) => new Map<string, unknown>(entries),
  )
  return [...keys].filter(
    (key) => !ROUTES.has(key) && !isDeepStrictEqual(old?.get(key), young?.get(key)),
  )
}

/** The folder is watched, because editors put a new file in place of the old one. */
function watchFile(file: string, changed: () => void): Disposable {
  let settling: NodeJS.Timeout | undefined
  const watcher = watch(dirname(file), (_event, name) => {
    if (name !== basename(file)) return
    clearTimeout(settling)
    settling = setTimeout(changed, SETTLE_MS)
  })
  return {
    [Symbol.dispose]() {
      clearTimeout(settling)
      watcher.close()
    },
  }
}
