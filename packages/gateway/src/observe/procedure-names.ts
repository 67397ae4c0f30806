/** Stands for every procedure that has no label of its own. */
export const OTHER = 'other'

/** Procedures that have a label of their own, of all services together. */
const MAX_NAMES = 500

/** Bounds how many names a metric has, whatever paths clients make up. */
export interface ProcedureNames {
  /** A service has answered to this path: it gets a label, if there is room. */
  admit(path: string): void
  labelOf(path: string): string
}

export function createProcedureNames(max = MAX_NAMES): ProcedureNames {
  const names = new Set<string>()
  return {
    admit(path) {
      if (names.size < max) names.add(path)
    },
    labelOf: (path) => (names.has(path) ? path : OTHER),
  }
}
