import { connectionRows } from './connections.ts'
import { type ContestRow, contestRows } from './contests.ts'
import { failoverRows } from './failovers.ts'
import { forgottenRows } from './forgotten.ts'
import { instanceRows } from './instance-faults.ts'
import { messageRows } from './messages.ts'
import { replicaRows } from './replicas.ts'
import type { Row } from './row.ts'
import { serverRows } from './server-faults.ts'
import { splitBrainRows } from './split-brain.ts'
import { wrongFormRows } from './wrong-forms.ts'

export type AnyRow = Row | ContestRow

/** Rows by what they are about; each group can be played alone. */
const rowGroups = {
  messages: messageRows,
  connections: connectionRows,
  server: serverRows,
  instances: instanceRows,
  replicas: replicaRows,
  failovers: [...failoverRows, ...contestRows],
  'split-brain': splitBrainRows,
  forgotten: forgottenRows,
  'wrong-forms': wrongFormRows,
} as const satisfies Record<string, readonly AnyRow[]>

export const allRows: readonly AnyRow[] = Object.values(rowGroups).flat()

/** @throws {TypeError} naming the groups there are. */
export function rowsOf(group: string): readonly AnyRow[] {
  const rows = Object.entries(rowGroups).find(([name]) => name === group)?.[1]
  if (!rows) throw new TypeError(`--rows is one of ${Object.keys(rowGroups).join(', ')}`)
  return rows
}
