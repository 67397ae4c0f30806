import {
  createAccessLogger,
  createBufferedOutput,
  createLogger,
  runProcess,
} from '@portcullis/runtime'
import { startTracing } from '@portcullis/runtime/tracing'
import { configFile, readGatewayConfig } from './environment.ts'
import { reloadOnRequest } from './reload.ts'
import { readSettings } from './settings.ts'
import { startGateway } from './start-gateway.ts'

const name = 'gateway'
// One for both, so that no line of the one gets into a line of the other.
const output = createBufferedOutput()
const logger = createLogger({ name, destination: output })

// While it starts there is nothing to read again, and the signal must not end it.
process.on('SIGHUP', () => {})

await runProcess({
  name,
  logger,
  shutdownTimeoutMs: 30_000,
  async start() {
    const { environment, config } = await readSettings()
    const { ACCESS_LOG: sample, LOG_LEVEL: level } = environment
    logger.level = level
    const accessLog =
      sample === 'off' ? undefined : { logger: createAccessLogger({ name, level, output }), sample }
    await using started = new AsyncDisposableStack()
    const tracer = started.use(await startTracing(name))?.tracer
    const settings = { environment, config, accessLog, tracer, logger }
    const { gateway } = started.use(await startGateway(settings))
    const watchedFile = environment.PORTCULLIS_CONFIG_WATCH === '1' ? configFile() : undefined
    started.use(reloadOnRequest({ gateway, config, load: readGatewayConfig, logger, watchedFile }))
    return started.move()
  },
})
