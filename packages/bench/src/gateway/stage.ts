import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { redisVersionOf } from '../report/redis-version.ts'
import { type Peer, startPeer } from './peers/peer.ts'
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

/** What browsers send with each request. */
const BROWSER_HEADERS = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  accept: '*/*',
  'accept-language': 'en-US,en;q=0.5',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
}

export async function setStage(): Promise<Stage> {
  await using held = new AsyncDisposableStack()
  const redis = held.use(await startRedis())
  await declareNewInstallation({ redisUrl: redis.url })
  const service = async (...names: string[]) => held.use(await startPeer('service', { names })).url
  const urls = await Promise.all(SERVICES.map(async (name) => [name, await service(name)] as const))
  const settings = { redisUrl: redis.url, services: Object.fromEntries(urls) }
  const gateway = held.use(await startPeer('gateway', settings))
  const target = await service(...SERVICES)
  const proxy = held.use(await startPeer('proxy', { target }))
  const headers = { ...BROWSER_HEADERS, cookie: await signIn(gateway.url) }
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

async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/session.signIn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'ada' }),
  })
  const [cookie] = response.headers.getSetCookie()
  if (cookie === undefined) throw new Error(`nobody was signed in: ${await response.text()}`)
  return cookie.split(';', 1)[0] as string
}
