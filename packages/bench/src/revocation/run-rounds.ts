import { Redis } from 'ioredis'
import { type Fleet, startFleet } from './fleet/fleet.ts'
import { createHotPathBench, type HotPathSamples, noHotPathSamples } from './hot-path.ts'
import { costOfFence, type IdleCost, measureIdleCost } from './idle-cost.ts'
import { noSamples, type Samples, sampleLatencies, samplePublishAlone } from './latencies.ts'
import { type PlainPublisher, startPlainPublisher } from './plain-publisher.ts'
import type { Plan } from './plan.ts'
import { createRevoker, type Revoker } from './revoker.ts'
import { SERVERS, type ServerKind, startServer } from './servers.ts'

/** What one round found. */
interface Round {
  readonly latencies: readonly { server: ServerKind; size: number; samples: Samples }[]
  /** Microseconds for one fence, and milliseconds a second for one instance. */
  readonly fences: readonly { size: number; instance: number; server: number; perSecond: number }[]
  readonly hotPath: HotPathSamples
}

export interface Run {
  readonly rounds: readonly Round[]
  readonly redisVersion: string
  readonly tokenBytes: number
}

interface Setting extends AsyncDisposable {
  readonly server: ServerKind
  readonly redisUrl: string
  readonly admin: Redis
  readonly plain: PlainPublisher
  readonly revoker: Revoker
}

/** @param say Told what comes next. */
export async function runRounds(plan: Plan, say: (line: string) => void): Promise<Run> {
  await using held = new AsyncDisposableStack()
  const settings: Setting[] = []
  for (const server of SERVERS) settings.push(held.use(await createSetting(server, plan)))
  const [first] = settings
  if (!first) throw new TypeError('no server')
  const fleet = held.use(startFleet())
  const rounds: Round[] = []
  let tokenBytes = 0
  for (let number = 1; number <= plan.rounds; number += 1) {
    say(`round ${number} of ${plan.rounds}`)
    const fences = await measureFences(plan, fleet, first)
    const latencies: Round['latencies'][number][] = []
    for (const setting of settings) {
      for (const size of setting.server.sizes ?? plan.sizes) {
        const samples = await measureLatencies(plan, fleet, setting, size)
        latencies.push({ server: setting.server, size, samples })
      }
    }
    const hotPath = noHotPathSamples()
    tokenBytes = await measureHotPath(plan, first, hotPath)
    rounds.push({ latencies, fences, hotPath })
  }
  return { rounds, redisVersion: await versionOf(first.admin), tokenBytes }
}

async function createSetting(server: ServerKind, { leaseMs }: Plan): Promise<Setting> {
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startServer(server))
  const { replicas } = server
  const admin = held.adopt(new Redis(redisUrl), (each) => each.disconnect())
  const plain = held.use(await startPlainPublisher(redisUrl))
  const revoker = held.use(await createRevoker({ redisUrl, leaseMs, replicas }))
  const owned = held.move()
  return {
    server,
    redisUrl,
    admin,
    plain,
    revoker,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function measureLatencies(
  plan: Plan,
  fleet: Fleet,
  { redisUrl, plain, revoker, server }: Setting,
  size: number,
): Promise<Samples> {
  const { leaseMs, warmUpSamples } = plan
  const { replicas, isDurable } = server
  const { channel, acks } = plain
  const stage = { fleet, plain, revoker, size, isDurable }
  const samples = noSamples()
  await fleet.subscribe(size, { redisUrl, channel, acks })
  await samplePublishAlone(stage, noSamples(), warmUpSamples)
  await samplePublishAlone(stage, samples, plan.samples)
  await fleet.follow(size, { redisUrl, leaseMs, replicas })
  await sampleLatencies(stage, noSamples(), warmUpSamples)
  await sampleLatencies(stage, samples, plan.samples)
  await fleet.release()
  return samples
}

async function measureFences(plan: Plan, fleet: Fleet, { redisUrl, admin, server }: Setting) {
  const follow = { redisUrl, leaseMs: plan.leaseMs, replicas: server.replicas }
  const costs: { size: number; cost: IdleCost }[] = []
  for (const size of plan.idleSizes) {
    if (size > 0) await fleet.follow(size, follow)
    costs.push({ size, cost: await measureIdleCost(fleet, admin, plan.idleMs) })
    await fleet.release()
  }
  const without = costs.find(({ size }) => size === 0)
  if (!without) throw new TypeError('idleSizes has to contain 0')
  return costs
    .filter(({ size }) => size > 0)
    .map(({ size, cost }) => {
      const { instance, server } = costOfFence(cost, without.cost)
      const fencesPerSecond = (cost.fences / size / cost.elapsedMs) * 1_000
      return { size, instance, server, perSecond: (instance * fencesPerSecond) / 1_000 }
    })
}

async function measureHotPath(plan: Plan, setting: Setting, samples: HotPathSamples) {
  const { redisUrl, revoker } = setting
  // Anew in each round: a context lives five minutes.
  const hotPath = await createHotPathBench({ redisUrl, follower: revoker.follower })
  await hotPath.pass(noHotPathSamples())
  for (let pass = 0; pass < plan.hotPathPasses; pass += 1) await hotPath.pass(samples)
  return hotPath.tokenBytes
}

async function versionOf(redis: Redis): Promise<string> {
  return /^redis_version:(.*?)\r?$/m.exec(await redis.info('server'))?.[1] ?? 'unknown'
}
