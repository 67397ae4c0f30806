import { eventually } from '../../eventually.ts'
import type { RedisNode } from './redis-node.ts'
import type { SentinelNode } from './sentinel-node.ts'

/** The port that more than half of all sentinels take for the primary's; undefined while there is none such. */
export async function agreedPrimaryPort(
  sentinels: readonly SentinelNode[],
): Promise<number | undefined> {
  const answers = await Promise.allSettled(sentinels.map((sentinel) => sentinel.primaryPort()))
  const votes = new Map<number, number>()
  for (const answer of answers) {
    if (answer.status === 'fulfilled') votes.set(answer.value, (votes.get(answer.value) ?? 0) + 1)
  }
  return [...votes].find(([, count]) => count > sentinels.length / 2)?.[0]
}

/** Resolves when each Sentinel counts on the others, and on all replicas with their links. */
export async function sentinelsReady(
  sentinels: readonly SentinelNode[],
  o: { readonly name: string; readonly replicas: number; readonly timeoutMs: number },
): Promise<void> {
  const isReady = async (sentinel: SentinelNode) => {
    const quorum = String(await sentinel.ask('SENTINEL', 'CKQUORUM', o.name))
    if (!quorum.startsWith(`OK ${sentinels.length} usable`)) throw new Error(quorum)
    const replicas = await sentinel.replicas()
    const linked = replicas.filter(
      (r) => r['master-link-status'] === 'ok' && r['flags'] === 'slave',
    )
    if (linked.length !== o.replicas) throw new Error(`${linked.length} replicas are linked`)
  }
  const wait = { timeoutMs: o.timeoutMs, intervalMs: 50 }
  await Promise.all(sentinels.map((sentinel) => eventually(() => isReady(sentinel), wait)))
}

/** Makes `to` the only replica that may be promoted, and waits until the sentinels know. Undone by the function it gives. */
export async function allowOnly(
  to: RedisNode,
  o: { readonly replicas: readonly RedisNode[]; readonly sentinels: readonly SentinelNode[] },
): Promise<() => Promise<void>> {
  const others = o.replicas.filter((node) => node !== to)
  const setPriority = (priority: number) =>
    Promise.allSettled(
      others.map((node) => node.ask('CONFIG', 'SET', 'replica-priority', priority)),
    )
  await setPriority(0)
  const hasHeard = async (sentinel: SentinelNode) => {
    for (const { port, 'slave-priority': priority } of await sentinel.replicas()) {
      const isAllowed = others.every((node) => String(node.port) !== port)
      if ((priority !== '0') !== isAllowed)
        throw new Error(`replica ${port} has priority ${priority}`)
    }
  }
  const running = await answering(o.sentinels)
  await Promise.all(running.map((sentinel) => eventually(() => hasHeard(sentinel))))
  return async () => void (await setPriority(100))
}

async function answering(sentinels: readonly SentinelNode[]): Promise<SentinelNode[]> {
  const answers = await Promise.allSettled(sentinels.map((sentinel) => sentinel.ask('PING')))
  return sentinels.filter((_, i) => answers[i]?.status === 'fulfilled')
}
