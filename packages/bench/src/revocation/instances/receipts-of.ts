import { monotonicMs } from './messages.ts'

/** When the last of several receivers in this process has received something. */
export interface ReceiptsOf {
  /** One of them has it now. */
  note(id: string): void
  lastReceived(id: string): Promise<number>
}

interface Receipt {
  missing: number
  at: number
  readonly complete: PromiseWithResolvers<number>
}

/** @param receivers How many there are. */
export function createReceiptsOf(receivers: number): ReceiptsOf {
  const receipts = new Map<string, Receipt>()

  function receiptOf(id: string): Receipt {
    const known = receipts.get(id)
    if (known) return known
    const receipt = { missing: receivers, at: 0, complete: Promise.withResolvers<number>() }
    receipts.set(id, receipt)
    return receipt
  }

  return {
    note(id) {
      const receipt = receiptOf(id)
      receipt.at = monotonicMs()
      receipt.missing -= 1
      if (receipt.missing === 0) receipt.complete.resolve(receipt.at)
    },
    async lastReceived(id) {
      const at = await receiptOf(id).complete.promise
      receipts.delete(id)
      return at
    },
  }
}
