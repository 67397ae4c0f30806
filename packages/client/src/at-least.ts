/** Read by the gateway: nothing older than this place in its log may decide. */
const AT_LEAST_HEADER = 'x-portcullis-at-least'
const POSITION = /^(\d+)\.(\d+)$/

/** What links know of an operation: `query(input, { context: { atLeast } })`. */
interface Operation {
  readonly context: Readonly<Record<string, unknown>>
}

/** Headers for operations that share a request: the latest of the places that their contexts ask for. */
export function atLeastHeaders(operations: readonly Operation[]): Record<string, string> {
  let latest: string | undefined
  for (const { context } of operations) {
    const { atLeast } = context
    if (typeof atLeast !== 'string' || !POSITION.test(atLeast)) continue
    if (latest === undefined || isLater(atLeast, latest)) latest = atLeast
  }
  return latest === undefined ? {} : { [AT_LEAST_HEADER]: latest }
}

function isLater(a: string, b: string): boolean {
  const [, epochA = 0, seqA = 0] = POSITION.exec(a)?.map(Number) ?? []
  const [, epochB = 0, seqB = 0] = POSITION.exec(b)?.map(Number) ?? []
  return epochA > epochB || (epochA === epochB && seqA > seqB)
}
