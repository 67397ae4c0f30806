import { selectorSchema } from '@portcullis/revocation'
import { GatewayError } from '../errors.ts'
import type { RevocationReceipt } from '../revocation/receipt.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { revokeOptionsSchema } from '../revocation/revoke-options.ts'
import type { RelayLimits } from './relay-limits.ts'

/** What is told to a service: nothing of the instances behind it. */
type Told = Omit<RevocationReceipt, 'instances'>

/** Ends sessions for the services that may have that done. */
export interface RelayedRevoker {
  /**
   * Takes one of the places; it is given back at disposal.
   *
   * @throws {GatewayError} `ERR_REVOCATION_REFUSED`, `ERR_RELAY_BUSY`
   */
  admit(service: string): Turn
}

interface Turn extends Disposable {
  /** @throws {GatewayError} `ERR_RELAY_MALFORMED`, and what `Revocations.revoke` throws. */
  revoke(body: unknown): Promise<Told>
}

const { shape } = revokeOptionsSchema
// Without an id a repetition could not be told from another change.
const bodySchema = revokeOptionsSchema.extend({
  selector: selectorSchema,
  id: shape.id.unwrap(),
})

export function createRelayedRevoker(options: {
  revocations: Pick<Revocations, 'revoke'>
  mayRevoke: readonly string[]
  limits: Pick<RelayLimits, 'concurrentRevocations'>
}): RelayedRevoker {
  const { revocations, limits } = options
  const mayRevoke = new Set(options.mayRevoke)
  let underway = 0

  async function revoke(body: unknown): Promise<Told> {
    const asked = bodySchema.safeParse(body)
    if (!asked.success) throw new GatewayError('ERR_RELAY_MALFORMED')
    const { selector, ...how } = asked.data
    const { instances: _, ...told } = await revocations.revoke(selector, how)
    return told
  }

  return {
    admit(service) {
      if (!mayRevoke.has(service)) throw new GatewayError('ERR_REVOCATION_REFUSED')
      if (underway >= limits.concurrentRevocations) throw new GatewayError('ERR_RELAY_BUSY')
      underway += 1
      return {
        revoke,
        [Symbol.dispose]() {
          underway -= 1
        },
      }
    },
  }
}
