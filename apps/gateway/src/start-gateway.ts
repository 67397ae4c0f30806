import { createKeyRing, type SigningJwk } from '@portcullis/context'
import { createGateway, type GatewayOptions, type ListenOptions } from '@portcullis/gateway'
import { createAccountsClient } from './accounts-client.ts'
import { createClaimsSource } from './claims-source.ts'
import { createPasswordIdentity, type SignInInput } from './identity.ts'

type Settings = Pick<
  GatewayOptions<SignInInput>,
  | 'publicUrl'
  | 'allowedOrigins'
  | 'trustedProxies'
  | 'redisUrl'
  | 'leaseMs'
  | 'replicas'
  | 'pepper'
  | 'tokenKeys'
  | 'accessLog'
  | 'logger'
>

export interface GatewayAppOptions extends Settings, ListenOptions {
  /** Signs contexts, and what the gateway asks of accounts. */
  signingKey: SigningJwk
  accountsUrl: string
  ordersUrl: string
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string
}

/** Resolves once it listens. Disposal lets requests in flight finish, then closes every connection. */
export async function startGateway(options: GatewayAppOptions): Promise<RunningGateway> {
  const { accountsUrl, ordersUrl, signingKey, ...settings } = options
  const keyRing = await createKeyRing({ signing: signingKey })
  const accounts = createAccountsClient({ url: accountsUrl, keyRing })

  await using started = new AsyncDisposableStack()
  const gateway = started.use(
    await createGateway({
      ...settings,
      services: { accounts: accountsUrl, orders: ordersUrl },
      identity: createPasswordIdentity(accounts),
      claims: createClaimsSource(accounts),
      keyRing,
    }),
  )
  const { url } = await gateway.listen(options)

  const running = started.move()
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
