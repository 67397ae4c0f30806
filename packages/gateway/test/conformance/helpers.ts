/** tRPC's code of a failed outcome. */
export function codeOfOutcome(outcome: unknown): unknown {
  return (outcome as { error?: { data?: { code?: string } } }).error?.data?.code
}

type Method = 'query' | 'mutate'

/** Calls what the types do not know: a procedure that is not there, or one by another method than its own. */
export function callUntyped(client: object, path: string, method: Method): Promise<unknown> {
  let at: unknown = client
  for (const segment of path.split('.')) at = (at as Record<string, unknown>)[segment]
  return (at as Record<Method, () => Promise<unknown>>)[method]()
}

/** Asks until the answer is yes; whether it ever was. */
export async function becomesTrue(ask: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) if (await ask()) return true
  return false
}

/** What the transformer makes of a date that nobody revives. */
export function isoOrDate(iso: string) {
  return (transformer: string) => (transformer === 'none' ? iso : `(date ${iso})`)
}
