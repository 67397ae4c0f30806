import type { AssertionSigner, SubjectId } from '@portcullis/context'
import type { z } from 'zod'
import { RevocationError } from '../errors.ts'
import type { ReceiptWait } from '../receipts/receipt.ts'
import type { SessionSelector } from '../selector.ts'
import { createGatewayClient } from './gateway-client.ts'
import { revokedAnswerSchema } from './wire.ts'

export interface GatewayRevokerOptions {
  /** Base URL of a gateway whose `relay.mayRevoke` names this service, or of several that are tried in turn. */
  readonly gatewayUrl: string | readonly string[]
  /** Says who asks; the gateway's `relay.trust` must have its key. */
  readonly assertion: AssertionSigner
  /** How long a gateway waits for the receipt's level, milliseconds, 1 to 60,000. Default 10,000. */
  readonly waitMs?: number
}

export interface RevokeSessionsOptions {
  /** Names the change, 1 to 64 letters, digits and `_ . : -`: repeated under the same id within 24 hours it is the same one. */
  readonly id: string
  /** Why, in a word of the same form. Goes into the log; no personal value. */
  readonly reason: string
  /** Default `enforced`. */
  readonly wait?: ReceiptWait | undefined
  /** Who asked for it; goes into the log, for the audit trail. Default nobody. */
  readonly actor?: SubjectId | undefined
}

/** The receipt, without the instances behind it, and how many sessions ended. */
export type RevokedSessions = Readonly<z.infer<typeof revokedAnswerSchema>>

/** Ends sessions by way of a gateway, for a service that can read none. */
export interface GatewayRevoker {
  /**
   * Whichever gateway is asked, and however often, an id is one change. `indeterminate`, and a failure with
   * `ERR_LOG_UNREADABLE`, are to be repeated under it.
   *
   * @throws {RevocationError} `ERR_CHANGE_ID_REUSED`, `ERR_REVOCATION_REFUSED`, `ERR_RELAY_MALFORMED`,
   *   `ERR_RELAY_UNTRUSTED`, `ERR_RELAY_MISSING`; `ERR_LOG_UNREADABLE` when no gateway answers.
   */
  revoke(selector: SessionSelector, options: RevokeSessionsOptions): Promise<RevokedSessions>
}

const LONGEST_WAIT_MS = 60_000
/** Beside the wait, for the way to the gateway and back, milliseconds. */
const ANSWER_MS = 3_000

/** @throws {TypeError} when `gatewayUrl` or `waitMs` is none. */
export function createGatewayRevoker(options: GatewayRevokerOptions): GatewayRevoker {
  const { waitMs: timeoutMs = 10_000 } = options
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > LONGEST_WAIT_MS) {
    throw new TypeError('waitMs must be an integer from 1 to 60,000')
  }
  const client = createGatewayClient({ ...options, timeoutMs: timeoutMs + ANSWER_MS })

  return {
    async revoke(selector, { id, reason, wait, actor }) {
      const body = { selector, id, reason, wait, actor, timeoutMs }
      let cause: unknown
      for (let asked = 0; asked < client.gateways; asked += 1) {
        try {
          return await client.ask('revoke', body, revokedAnswerSchema)
        } catch (error) {
          if (error instanceof RevocationError && error.code !== 'ERR_LOG_UNREADABLE') throw error
          cause = error
          if (client.gateways > 1) client.leave()
        }
      }
      throw new RevocationError('ERR_LOG_UNREADABLE', { cause })
    },
  }
}
