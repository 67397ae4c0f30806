import { randomBytes } from 'node:crypto'
import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { startPeer } from '../peers/peer.ts'
import { redisVersionOf } from '../report/redis-version.ts'
import { CONTENDER_NAMES, CONTENDERS, type Contender, type ContenderName } from './contenders.ts'
import type { Plan } from './plan.ts'
import { prepareSessions } from './sessions.ts'

const SERVICE = new URL('../gateway/services/main.ts', import.meta.url)

/** Everything that is measured, each in a process of its own, before one service and beside one Redis server. */
export interface Stage extends AsyncDisposable {
  readonly contenders: Readonly<Record<ContenderName, Contender>>
  readonly redisVersion: string
}

export async function setStage(plan: Plan): Promise<Stage> {
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startRedis())
  await declareNewInstallation({ redisUrl })
  const secret = randomBytes(32).toString('base64url')
  const { connections } = plan
  const { url: target } = held.use(await startPeer(SERVICE, { names: ['orders'] }))
  const sessions = await prepareSessions({ redisUrl, secret, connections, fresh: freshFor(plan) })
  const ground = { target, redisUrl, secret, connections, sessions }
  const contenders: [ContenderName, Contender][] = []
  for (const name of CONTENDER_NAMES) {
    const contender = await CONTENDERS[name].start(ground)
    held.use(contender.peer)
    contenders.push([name, contender])
  }
  const redisVersion = await redisVersionOf(redisUrl)
  const owned = held.move()
  return {
    contenders: Object.fromEntries(contenders) as Stage['contenders'],
    redisVersion,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Sessions for as many requests as there will be, and for the examination before. */
function freshFor({ rounds, requests, warmUpRequests, connections }: Plan): number {
  const upToWhole = (count: number) => Math.ceil(count / connections) * connections
  return 1 + upToWhole(warmUpRequests) + rounds * upToWhole(requests)
}
