import type { z } from 'zod'

/** One thing that is wrong with a configuration. */
export interface Mistake {
  /** Where, `services.orders.url`. */
  readonly path: string
  readonly message: string
}

/** Each issue with the whole path to it, a line each. */
export function mistakesOf(
  issues: readonly z.core.$ZodIssue[],
  within: readonly string[] = [],
): Mistake[] {
  return issues.flatMap((issue) => {
    const path = [...within, ...issue.path.map(String)]
    const at = (...more: string[]) => [...path, ...more].join('.') || 'default export'
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: at(key), message: 'is not an option' }))
    }
    const meant = meantBy(issue)
    return meant ? mistakesOf(meant, path) : [{ path: at(), message: issue.message }]
  })
}

/** What says more than the issue itself. */
function meantBy(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined {
  if (issue.code === 'invalid_key') return issue.issues
  // Of several forms, the one that was meant is the one that the value has.
  if (issue.code === 'invalid_union') return issue.errors.find((form) => !form.some(isOtherForm))
  return undefined
}

function isOtherForm(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_union') return issue.errors.every((form) => form.some(isOtherForm))
  return issue.code === 'invalid_type'
}
