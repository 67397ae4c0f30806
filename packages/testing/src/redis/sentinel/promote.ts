import type { PrimaryFront } from './primary-front.ts'
import type { RedisNode } from './redis-node.ts'

export interface PromoteOptions {
  /** Connections that are open stick to the former primary, as they do behind a real failover. Default false. */
  readonly keepConnections?: boolean
  /** The former primary stays one, and takes writes of who still reaches it. Default false. */
  readonly leaveFormer?: boolean
  /** The other replicas go on following it. Default false. */
  readonly leaveOthers?: boolean
}

export async function promote(
  { nodes, front }: { readonly nodes: readonly RedisNode[]; readonly front: PrimaryFront },
  next: RedisNode,
  { keepConnections = false, leaveFormer = false, leaveOthers = false }: PromoteOptions = {},
): Promise<void> {
  const former = nodes.find(({ port }) => port === front.target)
  await next.follow(null)
  front.moveTo(next.port, { keepConnections })
  const isLeft = (node: RedisNode) => (node === former ? leaveFormer : leaveOthers)
  const followers = nodes.filter((node) => node !== next && !isLeft(node))
  // One that is frozen or gone misses the news, and is what it was when it comes back.
  await Promise.allSettled(followers.map((node) => node.follow(next)))
}
