import type { InstanceId, Position } from '@portcullis/context'
import { z } from 'zod'
import type { GatewayClient } from './gateway-client.ts'
import { MAX_ORIGINATORS } from './wire.ts'

/**
 * Acknowledgements through a gateway, one request at a time: what is added meanwhile goes with the next one, which says the
 * newest position to all. After a failure the next fence's record says it.
 */
export function createGatewayAcknowledgements(client: GatewayClient, instance: InstanceId) {
  const waiting = new Set<InstanceId>()
  let newest: Position = { epoch: 0, seq: 0 }
  let isSending = false

  function takeSome(): InstanceId[] {
    const originators = [...waiting].slice(0, MAX_ORIGINATORS)
    for (const originator of originators) waiting.delete(originator)
    return originators
  }

  return async (originators: readonly InstanceId[], position: Position): Promise<void> => {
    for (const originator of originators) waiting.add(originator)
    newest = position
    if (isSending) return
    isSending = true
    try {
      while (waiting.size > 0) {
        const said = { instance, originators: takeSome(), position: newest }
        await client.ask('acknowledgements', said, z.object({}))
      }
    } finally {
      isSending = false
      waiting.clear()
    }
  }
}
