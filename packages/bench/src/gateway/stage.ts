import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { BROWSER_HEADERS, signIn } from '../peers/browser.ts'
import { type Peer, startPeer } from '../peers/peer.ts'
import { redisVersionOf } from '../report/redis-version.ts'
import { SERVICES } from './services/routers.ts'

/** Everything that is measured, each server in a process of its own. */
export interface Stage extends AsyncDisposable {
  /** With somebody signed in, before three services. */
  readonly gateway: Peer
  /** Before one server that has all three in it: it could not split a batch. */
  readonly proxy: Peer
  /** What every request carries. */
  readonly headers: Readonly<Record<string, string>>
  readonly redisVersion: string
}

const SCRIPTS = {
  gateway: new URL('./peers/gateway-main.ts', import.meta.url),
  proxy: new URL('./peers/proxy-main.ts', import.meta.url),
  service: new URL('./services/main.ts', import.meta.url),
}

export async function setStage(): Promise<Stage> {
  await using held = new AsyncDisposableStack()
  const redis = held.use(await startRedis())
  await declareNewInstallation({ redisUrl: redis.url })
  const service = async (...names: string[]) =>
    held.use(await startPeer(SCRIPTS.service, { names })).url
  const urls = await Promise.all(SERVICES.map(async (name) => [name, await service(name)] as const))
  const settings = { redisUrl: redis.url, services: Object.fromEntries(urls) }
  const gateway = held.use(await startPeer(SCRIPTS.gateway, settings))
  const target = await service(...SERVICES)
  const proxy = held.use(await startPeer(SCRIPTS.proxy, { target }))
  const headers = { ...BROWSER_HEADERS, cookie: await signIn(gateway.url, 'ada') }
  const redisVersion = await redisVersionOf(redis.url)
  const owned = held.move()
  return {
    gateway,
    proxy,
    headers,
    redisVersion,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
