import { eventually } from '../../eventually.ts'
import type { RedisNode } from './redis-node.ts'
import type { SentinelNode } from './sentinel-node.ts'
import { allowOnly } from './watch-sentinels.ts'

export interface FailoverOptions {
  /**
   * `command`: SENTINEL FAILOVER, the primary runs on until it is told; `freeze`: SIGSTOP, and it is a primary still when
   * it resumes; `kill`: SIGKILL. Default `command`.
   */
  readonly by?: 'command' | 'freeze' | 'kill'
  /** The replica to promote, also one that lacks the tail. Default whichever the sentinels choose. */
  readonly to?: RedisNode
  /** Default 30,000. */
  readonly timeoutMs?: number
}

export interface FailoverResult {
  readonly from: RedisNode
  readonly to: RedisNode
  /** From the command, the freeze or the kill until most sentinels name the new primary, and it is one. */
  readonly tookMs: number
}

export interface Constellation {
  readonly name: string
  readonly nodes: readonly RedisNode[]
  readonly sentinels: readonly SentinelNode[]
  primary(): Promise<RedisNode>
}

export async function failover(
  constellation: Constellation,
  { by = 'command', to, timeoutMs = 30_000 }: FailoverOptions = {},
): Promise<FailoverResult> {
  const { nodes, sentinels, primary } = constellation
  if (sentinels.length === 0) throw new TypeError('failover needs sentinels; see promote')
  const from = await primary()
  if (to === from) throw new TypeError('to is the primary already')
  const replicas = nodes.filter((node) => node !== from)
  const allowAll = to && (await allowOnly(to, { replicas, sentinels }))

  const startedAt = performance.now()
  await START[by](constellation, from)
  const next = await eventually(() => promoted(constellation, from), { timeoutMs })
  const tookMs = performance.now() - startedAt
  await allowAll?.()
  if (to && next !== to) throw new Error(`${next.port} was promoted in place of ${to.port}`)
  return { from, to: next, tookMs }
}

const START = {
  async command({ name, sentinels }: Constellation) {
    const asked = sentinels.map((sentinel) => sentinel.ask('PING').then(() => sentinel))
    const sentinel = await Promise.any(asked)
    await sentinel.ask('SENTINEL', 'FAILOVER', name)
  },
  async freeze(_: Constellation, from: RedisNode) {
    from.pause()
  },
  kill: (_: Constellation, from: RedisNode) => from.kill(),
}

async function promoted({ primary }: Constellation, from: RedisNode): Promise<RedisNode> {
  const node = await primary()
  if (node === from) throw new Error('the primary is the same as before')
  if ((await node.role()) !== 'primary') throw new Error(`${node.port} is no primary yet`)
  return node
}
