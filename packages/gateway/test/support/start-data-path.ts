import { createKeyRing, generateSigningKey } from '@portcullis/context'
import { createLogger, systemClock } from '@portcullis/runtime'
import type { SessionStore } from '@portcullis/sessions'
import { createDataPath, type DataPath, type SessionPathOptions } from '../../src/data-path.ts'
import { createOpenStreams } from '../../src/forward/open-streams.ts'
import { type GatewayLimits, resolveLimits } from '../../src/limits.ts'
import { checkSignInThrottle, createSignInThrottle } from '../../src/procedures/sign-in-throttle.ts'
import type { Revocations } from '../../src/revocation/revocations.ts'
import type { Listening, ListenOptions } from '../../src/server/listen.ts'
import { TableAuthenticator } from './table-authenticator.ts'

export interface StartedDataPath extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly close: Listening['close']
  readonly authenticator: TableAuthenticator
  readonly updateServices: DataPath['updateServices']
}

type Options = Partial<Omit<SessionPathOptions<never>, 'services' | 'limits' | 'authenticator'>> &
  Pick<SessionPathOptions<never>, 'services'> & {
    limits?: Partial<GatewayLimits>
    address?: ListenOptions
  }

/** A gateway without Redis, for what does not depend on where sessions come from. */
export async function startDataPath(options: Options): Promise<StartedDataPath> {
  const authenticator = new TableAuthenticator().add('token-of-ada')
  const openStreams = createOpenStreams(resolveLimits(options.limits))
  const dataPath = createDataPath({
    sessions: {} as SessionStore,
    revocations: {} as Revocations,
    openStreams,
    claims: { load: async () => null },
    identity: undefined,
    throttle: createSignInThrottle(checkSignInThrottle()),
    keyRing: await createKeyRing({ signing: await generateSigningKey() }),
    publicUrl: new URL('https://app.example.com'),
    allowedOrigins: ['https://admin.example.com'],
    clearSiteData: ['cache', 'storage'],
    sessionProfile: 'aal2',
    adminAssurance: 'aal1',
    sameSite: 'strict',
    rateLimits: [],
    transformer: 'none',
    allowMethodOverride: false,
    targetForm: { basePath: '', pathSeparator: '.' },
    logger: createLogger({ name: 'gateway', level: 'silent' }),
    clock: systemClock,
    ...options,
    authenticator,
    limits: resolveLimits(options.limits),
  })
  const { url, close } = await dataPath.listen(options.address)
  return {
    url,
    port: Number(new URL(url).port),
    close,
    authenticator,
    updateServices: dataPath.updateServices,
    async [Symbol.asyncDispose]() {
      await dataPath[Symbol.asyncDispose]()
      openStreams[Symbol.dispose]()
    },
  }
}

export const SESSION_COOKIE = '__Host-sid=token-of-ada'
