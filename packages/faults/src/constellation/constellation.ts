import { declareNewInstallation, type Follower, type ReceiptWait } from '@portcullis/revocation'
import type { Clock } from '@portcullis/runtime'
import { startTcpProxy, type TcpProxy } from '@portcullis/testing'
import { type ClaimsOwner, startClaimsOwner } from '../instances/claims-owner.ts'
import { startGateway } from '../instances/gateway.ts'
import type { InstancePlan } from '../instances/instance-plan.ts'
import { type InstanceProcess, startInstanceProcess } from '../instances/instance-process.ts'
import { type Reader, type ReaderOptions, startReader } from '../instances/reader.ts'
import { createSecrets, type Secrets } from '../instances/secrets.ts'
import { type Service, startService } from '../instances/service.ts'
import type { Enforcing } from '../wrong-forms/receipts.ts'
import { type HintProxy, startHintProxy } from './hint-proxy.ts'
import { createRevoker, type Revoker } from './revoker.ts'
import { onServer, type Servers, type Setting, startServers } from './servers.ts'

export interface ConstellationOptions {
  readonly setting: Setting
  readonly leaseMs: number
  /** The first gateway and the first service run in processes of their own. */
  readonly processes?: boolean
  /** Clock of the first gateway and the first service, if they run in this process. */
  readonly clock?: Clock
  /** Rules of the user as whom the first instances connect; the default user may do everything. */
  readonly firstUser?: readonly string[]
  /** The first instances hear through a proxy that can mistreat hints. */
  readonly mistreatsHints?: boolean
  /** What the first service believes in, instead of its follower as it is. */
  readonly beliefs?: (follower: Follower, redisUrl: string) => Follower
  /** What ends of sessions wait for. Default `enforced`. */
  readonly wait?: ReceiptWait
  /** How the revoker finds out that a change is in force. Default as it should. */
  readonly enforces?: Enforcing
  /** A further instance, which keeps sessions in memory by itself. Default none. */
  readonly reader?: Pick<ReaderOptions, 'admits' | 'leavesDeposed'>
  /** The second instances and the revoker reach the servers through a proxy too. Default false. */
  readonly proxiesOthers?: boolean
}

/** Where a gateway answers. */
export interface Gateway {
  readonly name: string
  readonly url: string
}

/**
 * Two gateways, two services behind both of them, and a revoker. The first of each are those that faults of instances are
 * about: they reach a single server, or the front of several, through a proxy of their own.
 */
export interface Constellation extends AsyncDisposable {
  readonly leaseMs: number
  readonly servers: Servers
  readonly secrets: Secrets
  readonly gateways: readonly Gateway[]
  readonly services: readonly Service[]
  /** The first gateway and the first service, if they run in processes of their own. */
  readonly processes: readonly InstanceProcess[]
  readonly revoker: Revoker
  readonly claims: ClaimsOwner
  /** Of the first gateway and the first service; those of other settings than Sentinel's. */
  readonly proxies: readonly TcpProxy[]
  /** Of the second gateway, the second service and the revoker; if asked for. */
  readonly others: readonly TcpProxy[]
  readonly readers: readonly Reader[]
  /** Between the first instances and their proxy, if asked for. */
  readonly hints: HintProxy | undefined
  /** Ends every instance and the revoker; the servers stay. */
  closeInstances(): Promise<void>
  /** Address of the servers as the first instances have it. */
  readonly firstUrl: string
}

export async function startConstellation(options: ConstellationOptions): Promise<Constellation> {
  const { setting, leaseMs, processes = false, clock, beliefs } = options
  await using started = new AsyncDisposableStack()
  const servers = started.use(await startServers(setting))
  const { url, replicas } = servers
  await declareNewInstallation({ redisUrl: url })
  const secrets = await createSecrets()
  const instances = started.use(new AsyncDisposableStack())
  const claims = started.use(await startClaimsOwner())
  const claimsUrl = claims.url
  const common = { secrets, leaseMs, replicas }
  const proxies =
    setting.kind === 'sentinel' ? [] : [started.use(await startTcpProxy({ target: url }))]
  const hints = options.mistreatsHints
    ? started.use(await startHintProxy(proxies[0]?.url ?? url))
    : undefined
  const others = options.proxiesOthers ? [started.use(await startTcpProxy({ target: url }))] : []
  const otherUrl = others[0]?.url ?? url
  const firstUrl = await asUser(hints?.url ?? proxies[0]?.url ?? url, servers, options.firstUser)
  const revoker = instances.use(
    await createRevoker({ ...common, ...policies(options), redisUrl: otherUrl }),
  )

  const first = { ...common, redisUrl: firstUrl }
  const second = { ...common, redisUrl: otherUrl }
  const forked: InstanceProcess[] = []
  const fork = async (plan: Pick<InstancePlan, 'kind' | 'name' | 'services'>) => {
    const instance = instances.use(await startInstanceProcess({ ...first, claimsUrl, ...plan }))
    forked.push(instance)
    return instance
  }
  const inThis = { ...first, ...(clock && { clock }) }
  const believes = beliefs && ((follower: Follower) => beliefs(follower, firstUrl))
  const s1 = processes
    ? await fork({ kind: 'service', name: 's1' })
    : instances.use(
        await startService({ ...inThis, name: 's1', ...(believes && { beliefs: believes }) }),
      )
  const s2 = instances.use(await startService({ ...second, name: 's2' }))
  const services = { s1: s1.url, s2: s2.url }
  const g1 = processes
    ? await fork({ kind: 'gateway', name: 'g1', services })
    : instances.use(await startGateway({ ...inThis, claimsUrl, name: 'g1', services }))
  const g2 = instances.use(await startGateway({ ...second, claimsUrl, name: 'g2', services }))

  const readers = options.reader
    ? [instances.use(await startReader({ ...first, ...options.reader, name: 'r1' }))]
    : []

  const owned = started.move()
  return {
    leaseMs,
    servers,
    secrets,
    gateways: [g1, g2],
    services: [s1, s2],
    processes: forked,
    revoker,
    claims,
    proxies,
    others,
    readers,
    hints,
    firstUrl,
    closeInstances: () => instances.disposeAsync(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function policies({ wait, enforces }: ConstellationOptions) {
  return { ...(wait && { wait }), ...(enforces && { enforces }) }
}

async function asUser(
  url: string,
  servers: Servers,
  rules: readonly string[] | undefined,
): Promise<string> {
  if (!rules) return url
  const { username, password } = FIRST_USER
  await onServer(await servers.primaryPort(), (redis) =>
    redis.call('ACL', 'SETUSER', username, 'on', `>${password}`, ...rules),
  )
  return Object.assign(new URL(url), FIRST_USER).href
}

const FIRST_USER = { username: 'first', password: 'first' }
