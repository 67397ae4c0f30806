import { type ScriptPeer, startPeer } from '../peers/peer.ts'

const GATEWAY = new URL('./peers/gateway-main.ts', import.meta.url)
const SERVICE = new URL('../gateway/services/main.ts', import.meta.url)

/** A query of the service, as its path. */
export const QUERY = '/orders.get?input=%7B%22id%22%3A0%7D'

/** Sessions that a gateway keeps in memory, its default. */
export const CACHED_SESSIONS = 100_000

/** One service, in a process of its own. */
export function startService(): Promise<ScriptPeer> {
  return startPeer(SERVICE, { names: ['orders'] })
}

export interface GatewaySettings {
  readonly redisUrl: string
  /** Where the service is. */
  readonly orders: string
  /** Pepper and token key at once: whoever has it can start sessions for this gateway. */
  readonly secret: string
}

/** A gateway before that service, in a process of its own. */
export function startGateway(settings: GatewaySettings): Promise<ScriptPeer> {
  return startPeer(GATEWAY, settings)
}
