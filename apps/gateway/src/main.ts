import { createLogger, runProcess } from '@portcullis/runtime'
import { readGatewayEnvironment } from './environment.ts'
import { startGateway } from './start-gateway.ts'

const logger = createLogger({ name: 'gateway' })

await runProcess({
  name: 'gateway',
  logger,
  async start() {
    const environment = readGatewayEnvironment()
    logger.level = environment.LOG_LEVEL
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
      logger,
    })
  },
})
