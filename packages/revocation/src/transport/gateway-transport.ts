import type { AssertionSigner, InstanceId } from '@portcullis/context'
import type { Clock } from '@portcullis/runtime'
import { z } from 'zod'
import { RevocationError } from '../errors.ts'
import { readLogReply } from '../events/log-reader.ts'
import type { FenceAnswer, FenceRequest } from '../fence/fence-server.ts'
import { createGatewayAcknowledgements } from './gateway-acknowledgements.ts'
import { createGatewayClient } from './gateway-client.ts'
import { hearGateway } from './gateway-hints.ts'
import { type Transport, timeoutsOf } from './transport.ts'
import { fenceAnswerSchema, logAnswerSchema, MAX_ENTRIES } from './wire.ts'

export interface GatewayTransportOptions {
  readonly gatewayUrl: string | readonly string[]
  readonly assertion: AssertionSigner
  readonly instance: InstanceId
  readonly leaseMs: number
  readonly clock: Clock
}

/** Share of a lease between two turns to another gateway: one that cannot prove anything either is not asked in a circle. */
const STAY_SHARE = 1 / 8
const FAILURES_BEFORE_LEAVING = 3

/**
 * Through a gateway, which fences in the name of this service. The proof is the same, since the time before the request is
 * what the lease counts from. A history is not opened this way, nor is anything durable found out.
 */
export function createGatewayTransport(options: GatewayTransportOptions): Transport {
  const { instance, leaseMs, clock } = options
  const { commandTimeoutMs: timeoutMs } = timeoutsOf(leaseMs)
  const client = createGatewayClient({ ...options, timeoutMs })
  const ending = new AbortController()
  let leftAt = Number.NEGATIVE_INFINITY

  async function fence(request: FenceRequest): Promise<FenceAnswer> {
    const { fences, ...answer } = await client.ask('fence', request, fenceAnswerSchema)
    if (fences !== request.record.fences) throw new RevocationError('ERR_LOG_UNREADABLE')
    return answer
  }

  return {
    fences: {
      fence,
      open: needDriver,
      settle: needDriver,
      async remove(leaver) {
        await client.ask('leave', { instance: leaver }, nothing)
      },
    },

    log: {
      async readAfter(after, limit) {
        const asked = { after, limit: Math.min(limit, MAX_ENTRIES) }
        const { reply } = await client.ask('log', asked, logAnswerSchema)
        return readLogReply(reply)
      },
    },

    durability: {
      open: () => undefined,
      complete: (_change, receipt) => receipt,
    },

    // How many servers there are is not known here: a fence finds out.
    isProven: () => false,

    failuresBeforeLeaving: client.gateways > 1 ? 1 : FAILURES_BEFORE_LEAVING,

    acknowledge: createGatewayAcknowledgements(client, instance),

    hear(listener) {
      void hearGateway({ client, instance, listener, signal: ending.signal })
    },

    whenReady: async () => undefined,
    // The stream of hints says so: its first line is a gap.
    onReady: () => undefined,

    leaveServer() {
      if (clock.now() - leftAt < leaseMs * STAY_SHARE) return
      leftAt = clock.now()
      client.leave()
    },

    [Symbol.dispose]() {
      ending.abort()
      client.leave()
    },
  }
}

const nothing = z.object({})

async function needDriver(): Promise<void> {
  throw new RevocationError('ERR_DRIVER_NEEDED')
}
