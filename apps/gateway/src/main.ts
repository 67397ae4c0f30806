import {
  createAccessLogger,
  createBufferedOutput,
  createLogger,
  runProcess,
} from '@portcullis/runtime'
import { readGatewayEnvironment } from './environment.ts'
import { startGateway } from './start-gateway.ts'

const name = 'gateway'
// One for both, so that no line of the one gets into a line of the other.
const output = createBufferedOutput()
const logger = createLogger({ name, destination: output })

await runProcess({
  name,
  logger,
  async start() {
    const environment = readGatewayEnvironment()
    const { ACCESS_LOG: sample, LOG_LEVEL: level } = environment
    logger.level = level
    return startGateway({
      publicUrl: environment.PUBLIC_URL,
      allowedOrigins: environment.ALLOWED_ORIGINS,
      trustedProxies: environment.TRUSTED_PROXIES,
      redisUrl: environment.REDIS_URL,
      leaseMs: environment.LEASE_MS,
      replicas: environment.REDIS_REPLICAS,
      pepper: environment.PORTCULLIS_PEPPER,
      tokenKeys: environment.PORTCULLIS_TOKEN_KEYS,
      signingKey: environment.PORTCULLIS_SIGNING_KEY,
      accountsUrl: environment.ACCOUNTS_URL,
      ordersUrl: environment.ORDERS_URL,
      host: environment.HOST,
      port: environment.PORT,
      accessLog:
        sample === 'off'
          ? undefined
          : { logger: createAccessLogger({ name, level, output }), sample },
      logger,
    })
  },
})
