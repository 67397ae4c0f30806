import type { ReceiptsOf } from './receipts-of.ts'

/** Instances of one kind in this process. */
export interface Receivers extends AsyncDisposable {
  readonly receipts: ReceiptsOf
}
