/** tRPC's code of a failed outcome. */
export function codeOfOutcome(outcome: unknown): unknown {
  return (outcome as { error?: { data?: { code?: string } } }).error?.data?.code
}

type Method = 'query' | 'mutate'

/** Calls what the types do not know: a procedure that is not there, or one by another method than its own. */
export function callUntyped(client: object, path: string, method: Method): Promise<unknown> {
  return (procedureAt(client, path) as Record<Method, () => Promise<unknown>>)[method]()
}

type Subscribe = (input: undefined, callbacks: object) => { unsubscribe(): void }

export function subscribeUntyped(client: object, path: string, callbacks: object) {
  const { subscribe } = procedureAt(client, path) as { subscribe: Subscribe }
  return subscribe(undefined, callbacks)
}

function procedureAt(client: object, path: string): unknown {
  let at: unknown = client
  for (const segment of path.split('.')) at = (at as Record<string, unknown>)[segment]
  return at
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
