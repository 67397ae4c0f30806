import { connectionRows } from './connections.ts'
import { failoverRows } from './failovers.ts'
import { forgottenRows } from './forgotten.ts'
import { instanceRows } from './instance-faults.ts'
import { messageRows } from './messages.ts'
import { replicaRows } from './replicas.ts'
import type { Row } from './row.ts'
import { serverRows } from './server-faults.ts'

export const allRows: readonly Row[] = [
  ...messageRows,
  ...connectionRows,
  ...serverRows,
  ...instanceRows,
  ...replicaRows,
  ...failoverRows,
  ...forgottenRows,
]
