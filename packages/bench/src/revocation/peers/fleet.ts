import { randomBytes } from 'node:crypto'
import { generateSigningKey } from '@portcullis/context'
import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { startPeer } from '../../peers/peer.ts'
import { type CuttableRedis, startCuttableRedis } from './cuttable-redis.ts'
import { KINDS, type Kind } from './kinds.ts'

/** Instances of one kind, each a process of its own, with a Redis server for them alone. */
export interface PeerFleet extends AsyncDisposable {
  readonly kind: Kind
  /** Where people sign in and out comes first; the way of the last one to Redis can be cut. */
  readonly urls: readonly string[]
  readonly redis: CuttableRedis
}

export interface PeerFleetOptions {
  readonly instances: number
  /** How long what is known may be used without asking anybody: a lease, a time to live, a maximum age. */
  readonly boundMs: number
}

const SERVICE = new URL('./servers/service-main.ts', import.meta.url)

/** One for each kind. */
export async function startFleets(options: PeerFleetOptions): Promise<PeerFleet[]> {
  const settings = await sharedSettings(options)
  return Promise.all(Object.values(KINDS).map((kind) => startFleet(kind, options, settings)))
}

async function startFleet(
  kind: Kind,
  { instances }: PeerFleetOptions,
  settings: object,
): Promise<PeerFleet> {
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startRedis())
  await declareNewInstallation({ redisUrl })
  const redis = held.use(await startCuttableRedis(redisUrl))
  const service = held.use(await startPeer(SERVICE, {}))
  const urls: string[] = []
  while (urls.length < instances) {
    const isLast = urls.length === instances - 1
    const place = { redisUrl: isLast ? redis.url : redisUrl, serviceUrl: service.url }
    urls.push(held.use(await startPeer(kind.script, { ...settings, ...place })).url)
  }
  const owned = held.move()
  return { kind, urls, redis, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** What every kind takes what it needs from. */
async function sharedSettings({ boundMs }: PeerFleetOptions) {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  return {
    secret: randomBytes(32).toString('base64url'),
    signing: await generateSigningKey(),
    publicKey: await exportJWK(publicKey),
    privateKey: await exportJWK(privateKey),
    boundMs,
    leaseMs: boundMs,
  }
}
