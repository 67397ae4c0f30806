import type { SessionSelector } from '@portcullis/sessions'
import { GatewayError } from '../errors.ts'
import { type ReceiptView, type RevocationReceipt, receiptView } from '../revocation/receipt.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { RevokeOptions } from '../revocation/revoke-options.ts'

/** What ending one's own sessions did. */
export interface Ended {
  /** Sessions that this call ended; 0 if they already were. */
  readonly ended: number
  /** How far that is known to be in force; null if there was nothing to end. */
  readonly receipt: ReceiptView | null
}

export const NOTHING_ENDED: Ended = { ended: 0, receipt: null }

/** @throws {GatewayError} `ERR_UNVERIFIABLE` if nothing is known to have ended: a second try can do no harm. */
export async function endOwn(
  revocations: Revocations,
  selector: SessionSelector,
  options: RevokeOptions,
): Promise<Ended> {
  const receipt = assertMade(await revocations.revoke(selector, options))
  return { ended: receipt.ended ?? 0, receipt: receiptView(receipt) }
}

export function assertMade(receipt: RevocationReceipt): RevocationReceipt {
  if (receipt.position === null) throw new GatewayError('ERR_UNVERIFIABLE')
  return receipt
}
