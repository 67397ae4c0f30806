import { createKeyRing, generateSigningKey } from '@portcullis/context'
import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { signIn } from '../peers/browser.ts'
import { startPeer } from '../peers/peer.ts'
import { redisVersionOf } from '../report/redis-version.ts'
import { SERVICES } from './answer.ts'
import { createBearer } from './bearer.ts'
import { createPageLoader, type PageLoader } from './page-loader.ts'

/** The ways in which the same page is loaded, with the words for people. */
export const WAYS = {
  gatewayBatched: 'Portcullis, cookie, one batch',
  gatewaySingle: 'Portcullis, cookie, a request for each call',
  jwtBatched: 'JWT, one server, one batch',
  jwtSingle: 'JWT, one server, a request for each call',
} as const
export type Way = keyof typeof WAYS

export interface Stage extends AsyncDisposable {
  readonly loaders: Readonly<Record<Way, PageLoader>>
  readonly tokenBytes: number
  readonly redisVersion: string
}

const SCRIPTS = {
  gateway: new URL('../gateway/peers/gateway-main.ts', import.meta.url),
  service: new URL('./peers/service-main.ts', import.meta.url),
  jwt: new URL('./peers/jwt-main.ts', import.meta.url),
}

export async function setStage(): Promise<Stage> {
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startRedis())
  const gatewayUrl = await startGateway(redisUrl, held)
  const { token, ...trust } = await createBearer()
  const jwtUrl = held.use(await startPeer(SCRIPTS.jwt, trust)).url
  const cookie = await signIn(gatewayUrl, 'ada')
  const loader = (url: string, credentials: Record<string, string>, isBatched: boolean) =>
    held.use(createPageLoader({ url, credentials, isBatched }))
  const loaders = {
    gatewayBatched: loader(gatewayUrl, { cookie }, true),
    gatewaySingle: loader(gatewayUrl, { cookie }, false),
    jwtBatched: loader(jwtUrl, { authorization: `Bearer ${token}` }, true),
    jwtSingle: loader(jwtUrl, { authorization: `Bearer ${token}` }, false),
  }
  const redisVersion = await redisVersionOf(redisUrl)
  const owned = held.move()
  return {
    loaders,
    tokenBytes: token.length,
    redisVersion,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** With three services that verify what it signs, each with a follower. */
async function startGateway(redisUrl: string, held: AsyncDisposableStack): Promise<string> {
  await declareNewInstallation({ redisUrl })
  const signing = await generateSigningKey()
  const keys = (await createKeyRing({ signing })).publicJwks()
  const services: Record<string, string> = {}
  for (const name of SERVICES) {
    services[name] = held.use(await startPeer(SCRIPTS.service, { name, redisUrl, keys })).url
  }
  return held.use(await startPeer(SCRIPTS.gateway, { redisUrl, services, signing })).url
}
