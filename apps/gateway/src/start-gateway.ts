import { createKeyRing } from '@portcullis/context'
import { createGateway, type Gateway, type GatewayOptions } from '@portcullis/gateway'
import type { Logger } from '@portcullis/runtime'
import { createProcessMetrics, serveMetrics } from '@portcullis/runtime/prometheus'
import { claims } from 'claims'
import { createAccountsClient } from './accounts-client.ts'
import { createAuditSource } from './audit-source.ts'
import { createClaimsSource } from './claims-source.ts'
import { createPasswordIdentity, type SignInInput } from './identity.ts'
import type { Settings } from './settings.ts'

export interface GatewayAppOptions extends Settings {
  /** A line for each procedure call, or none. */
  readonly accessLog: GatewayOptions<SignInInput>['accessLog']
  /** Makes spans, or nobody does. */
  readonly tracer: GatewayOptions<SignInInput>['tracer']
  readonly logger: Logger
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string
  readonly gateway: Gateway
}

/** Resolves once it listens. Disposal lets requests in flight finish, then closes every connection. */
export async function startGateway(options: GatewayAppOptions): Promise<RunningGateway> {
  const { environment, config, accessLog, logger } = options
  const keyRing = await createKeyRing({ signing: environment.PORTCULLIS_SIGNING_KEY })
  const accounts = createAccountsClient({ url: environment.ACCOUNTS_URL, keyRing })

  const { METRICS_PORT: metricsPort, AUDIT_URL: auditUrl, PORTCULLIS_PEPPER: pepper } = environment
  const audit = auditUrl ? createAuditSource({ url: auditUrl, keyRing, pepper }) : undefined
  const metrics = metricsPort === undefined ? undefined : createProcessMetrics()

  await using started = new AsyncDisposableStack()
  const gateway = started.use(
    await createGateway({
      leaseMs: environment.LEASE_MS,
      replicas: environment.REDIS_REPLICAS,
      ...config,
      limits: { drainDelayMs: environment.DRAIN_DELAY_MS, ...config.limits },
      redisUrl: environment.REDIS_URL,
      pepper: environment.PORTCULLIS_PEPPER,
      tokenKeys: environment.PORTCULLIS_TOKEN_KEYS,
      identity: createPasswordIdentity(accounts),
      claims: createClaimsSource(accounts),
      customClaims: claims,
      audit,
      keyRing,
      accessLog,
      metrics,
      tracer: options.tracer,
      logger,
    }),
  )
  const { url } = await gateway.listen({
    host: environment.HOST,
    port: environment.PORT,
    reusePort: environment.REUSE_PORT === '1',
  })
  if (metrics) started.use(await serveMetrics({ metrics, port: metricsPort ?? 0 }))

  const running = started.move()
  return { url, gateway, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
