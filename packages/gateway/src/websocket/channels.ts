import type { Position } from '@portcullis/context'
import type { Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { OutboundHeaders } from '../forward/outbound-headers.ts'
import { createProver } from '../forward/proof.ts'
import type { Target } from '../forward/upstream/target.ts'
import type { GatewayLimits } from '../limits.ts'
import type { OwnProcedures } from '../procedures/own-procedures.ts'
import type { Replies } from '../respond/reply.ts'
import type { Routing } from '../routing.ts'
import { dial } from './dial.ts'
import { OwnChannel } from './own-channel.ts'
import type { Channel, PendingCalls } from './pending-calls.ts'
import { type ChannelOwner, ServiceChannel } from './service-channel.ts'
import { Slots } from './slots.ts'
import { buildSocketUrl } from './socket-target.ts'
import type { Upgrade } from './sockets.ts'

export interface ChannelsOptions {
  readonly authenticator: Authenticator
  readonly outboundHeaders: OutboundHeaders
  readonly routing: Pick<Routing, 'of'>
  readonly own: OwnProcedures
  readonly replies: Pick<Replies, 'element'>
  readonly limits: GatewayLimits
}

/** Who answers the calls of one client socket. */
export interface Channels {
  /** The first frame of every socket to a service, once it is there. */
  params: string | undefined
  readonly hasParams: boolean
  /** The same for all paths of one service; undefined if nobody answers this one. */
  of(path: string, owner: ChannelOwner, pending: PendingCalls): Channel | undefined
}

/** A context lives five minutes; one for a socket has to be almost new, because it lasts as long as the socket. */
const CONTEXT_LIFETIME_MS = 240_000
const NO_BODY = { keepBody: false, keepEncoding: true }
const OWN = '(own)'

export function createChannels(options: ChannelsOptions): (upgrade: Upgrade) => Channels {
  const { routing, limits, authenticator } = options
  const perService = new Slots(limits.serviceSockets)

  return (upgrade) => {
    const channels = new Map<string, Channel>()
    const prove = createProver(authenticator, upgrade.cookie.value, CONTEXT_LIFETIME_MS)

    /** Where it was tried last; another server of the service comes first. */
    let avoid: Target | undefined

    async function dialService(path: string, notBefore?: Position) {
      // Looked up anew: where the service is may have changed since.
      const destination = routing.of(path)
      if (destination.kind !== 'service') throw new GatewayError('ERR_SERVICE_UNKNOWN')
      const { service } = destination
      const slot = perService.take(service.name)
      if (slot === undefined) throw new GatewayError('ERR_SOCKETS_EXCEEDED')
      using held = new DisposableStack()
      held.use(slot)
      const proof = await prove(service.name, notBefore)
      const headers = options.outboundHeaders(upgrade, service, proof, NO_BODY)
      const target = service.streams.upstream.pick(avoid)
      avoid = target
      const url = buildSocketUrl(target.origin + service.basePath, upgrade.target)
      const dialled = await dial({ target, url, headers, limits })
      if ('socket' in dialled) {
        const owned = held.move()
        dialled.socket.once('close', () => owned.dispose())
      }
      return dialled
    }

    const result: Channels = {
      params: undefined,
      hasParams: upgrade.target.hasParams,
      of(path, owner, pending) {
        const destination = routing.of(path)
        if (destination.kind === 'unknown') return undefined
        const name = destination.kind === 'own' ? OWN : destination.service.name
        const known = channels.get(name)
        if (known) return known
        const created =
          destination.kind === 'own'
            ? new OwnChannel({ ...options, ...options.replies, call: upgrade, pending, owner })
            : new ServiceChannel({
                limits,
                pending,
                owner,
                params: result.params,
                dial: (notBefore) => dialService(path, notBefore),
                catchUp: (position) => authenticator.catchUp(position),
              })
        channels.set(name, created)
        return created
      },
    }
    return result
  }
}
