import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestingError } from '../../errors.ts'
import { eventually } from '../../eventually.ts'
import { findFreePort } from '../../network/free-port.ts'
import { findRedisServer, type RedisServerSearch } from '../find-redis-server.ts'
import { type FailoverOptions, type FailoverResult, failover } from './failover.ts'
import { type PrimaryFront, startPrimaryFront } from './primary-front.ts'
import { type PromoteOptions, promote } from './promote.ts'
import { type RedisNode, startRedisNode } from './redis-node.ts'
import { type SentinelNode, type SentinelPlan, startSentinel } from './sentinel-node.ts'
import { agreedPrimaryPort, sentinelsReady } from './watch-sentinels.ts'

export interface SentinelRedisOptions {
  /** Default 2. */
  readonly replicas?: number
  /** Default 3; with 0 nothing fails over by itself, `promote` does it at once. */
  readonly sentinels?: number
  /** After how much silence a Sentinel takes a server for down, in milliseconds. Default 1,000. */
  readonly downAfterMs?: number
  /**
   * Sentinel's `failover-timeout`, in milliseconds: it lets twice as much pass between two failovers of its own, and
   * repeats a split election after as much. Default three times `downAfterMs`.
   */
  readonly failoverTimeoutMs?: number
  /** Further arguments of every Redis server, `['--appendonly', 'yes']`. By default nothing is persisted. */
  readonly args?: readonly string[]
  readonly search?: RedisServerSearch
  /** How far the first replica's wall clock is ahead of this machine's, in milliseconds; see `RedisOptions`. Default 0. */
  readonly replicaAheadMs?: number
}

export interface SentinelRedis extends AsyncDisposable {
  /**
   * `redis+sentinel://127.0.0.1:<port>,.../0?name=portcullis`. Without sentinels `redis://127.0.0.1:<port>`, an address
   * that leads to whichever server was promoted last.
   */
  readonly url: string
  /** All Redis servers, the first primary first. */
  readonly nodes: readonly RedisNode[]
  readonly sentinels: readonly SentinelNode[]
  /**
   * The primary as more than half of the sentinels say, or the one promoted last.
   *
   * @throws {TestingError} `ERR_NO_PRIMARY` if they do not agree.
   */
  primary(): Promise<RedisNode>
  /** Resolves when every replica has what the primary had written when this was called. Bounded by 10 s. */
  inSync(): Promise<void>
  /** Lets the sentinels replace the primary and waits until they have. */
  failover(options?: FailoverOptions): Promise<FailoverResult>
  /** Makes a replica the primary at once, whatever it lacks. Only without sentinels, who would undo it. */
  promote(node: RedisNode, options?: PromoteOptions): Promise<void>
}

const NAME = 'portcullis'
const START_WITHIN_MS = 20_000
const SYNC_WITHIN_MS = 10_000
const PORT_ATTEMPTS = 5

/**
 * A primary with replicas and sentinels as processes on this machine, in sync and watched when it resolves. All of them
 * end with disposal or with this process, frozen ones too.
 *
 * @throws {TestingError} `ERR_REDIS_NOT_FOUND` and what `startProcess` throws.
 */
export async function startSentinelRedis(
  options: SentinelRedisOptions = {},
): Promise<SentinelRedis> {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-sentinel-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const nodes = await startNodes(options, folder, started)
  const sentinels = await startSentinels(options, { folder, nodes }, started)
  const front = sentinels.length === 0 ? started.use(await frontOf(nodes)) : undefined

  const primaryPort = async () => front?.target ?? agreedPrimaryPort(sentinels)
  const primary = async () => {
    const port = await primaryPort()
    const node = nodes.find((each) => each.port === port)
    if (!node) throw new TestingError('ERR_NO_PRIMARY', 'the sentinels do not agree on a primary')
    return node
  }
  const inSync = async () => repliedBy(nodes, await primary())
  await inSync()
  const replicas = nodes.length - 1
  await sentinelsReady(sentinels, { name: NAME, replicas, timeoutMs: START_WITHIN_MS })

  const owned = started.move()
  return {
    url: front ? `redis://127.0.0.1:${front.port}` : sentinelUrl(sentinels),
    nodes,
    sentinels,
    primary,
    inSync,
    failover: (o) => failover({ name: NAME, nodes, sentinels, primary }, o),
    async promote(node, o) {
      if (!front) throw new TypeError('promote needs sentinels: 0; see failover')
      await promote({ nodes, front }, node, o)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function startNodes(
  { replicas = 2, args = [], search, replicaAheadMs }: SentinelRedisOptions,
  folder: string,
  started: AsyncDisposableStack,
): Promise<RedisNode[]> {
  const start = async (index: number, follows?: number) => {
    const place = join(folder, `node-${index}`)
    const clockAheadMs = index === 1 ? replicaAheadMs : undefined
    const node = await startRedisNode({ folder: place, args, follows, search, clockAheadMs })
    // Killed first: a replica that is frozen or loading takes its time over an orderly end.
    started.defer(() => node.kill())
    return node
  }
  const first = await start(0)
  const following = Array.from({ length: replicas }, (_, i) => start(i + 1, first.port))
  return [first, ...(await allOrNone(following))]
}

async function startSentinels(
  options: SentinelRedisOptions,
  { folder, nodes }: { readonly folder: string; readonly nodes: readonly RedisNode[] },
  started: AsyncDisposableStack,
): Promise<SentinelNode[]> {
  const { sentinels: count = 3, downAfterMs = 1_000, search } = options
  const { command } = await findRedisServer(search)
  const [primaryPort = 0, ...replicaPorts] = nodes.map(({ port }) => port)
  for (let attempt = 1; ; attempt++) {
    const plan: SentinelPlan = {
      command,
      folder: join(folder, `sentinels-${attempt}`),
      name: NAME,
      primaryPort,
      replicaPorts,
      sentinels: await Promise.all(Array.from({ length: count }, newSentinel)),
      downAfterMs,
      failoverTimeoutMs: options.failoverTimeoutMs ?? 3 * downAfterMs,
    }
    try {
      const starting = plan.sentinels.map(async (_, i) => started.use(await startSentinel(plan, i)))
      return await allOrNone(starting)
    } catch (error) {
      // Somebody else was faster to bind a port. Each knows the others' ports, so all begin again.
      const isLost =
        error instanceof TestingError && error.message.includes('Address already in use')
      if (!isLost || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function newSentinel(): Promise<{ port: number; id: string }> {
  return { port: await findFreePort(), id: randomBytes(20).toString('hex') }
}

/** Waits for all, also when one fails: what started late must be known to be ended. */
async function allOrNone<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

function frontOf([first]: readonly RedisNode[]): Promise<PrimaryFront> {
  return startPrimaryFront(first?.port ?? 0)
}

function sentinelUrl(sentinels: readonly SentinelNode[]): string {
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
  return `redis+sentinel://${hosts}/0?name=${NAME}`
}

async function repliedBy(nodes: readonly RedisNode[], primary: RedisNode): Promise<void> {
  const written = await primary.offset()
  const hasAll = async (node: RedisNode) => {
    if ((await node.role()) !== 'replica') throw new Error(`${node.port} is no replica`)
    const replicated = await node.offset()
    if (!(replicated >= written)) throw new Error(`${node.port} has ${replicated} of ${written}`)
  }
  const wait = { timeoutMs: SYNC_WITHIN_MS }
  const replicas = nodes.filter((node) => node !== primary)
  await Promise.all(replicas.map((node) => eventually(() => hasAll(node), wait)))
}
