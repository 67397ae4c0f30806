import type { Receipt, ReceiptLevel } from '@portcullis/revocation'

/** What a revocation did, and how far it is known to be in force. */
export interface RevocationReceipt extends Receipt {
  /** Sessions that it ended; null where they are not counted: an organization's, everyone's, or if nothing is known. */
  readonly ended: number | null
}

/** What a receipt says to a person about their own sessions: nothing of the installation. */
export interface ReceiptView {
  readonly level: ReceiptLevel
  readonly durable: boolean
  readonly id: string
  /** Milliseconds. */
  readonly tookMs: number
}

export function receiptView({ level, durable, id, tookMs }: RevocationReceipt): ReceiptView {
  return { level, durable, id, tookMs }
}
