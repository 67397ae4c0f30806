/** What is written in place of a secret. */
const REDACTED = '[redacted]'

/** How deep an object is followed; what lies deeper is left out, so that a cycle ends. */
const MAX_DEPTH = 8

const SECRET_NAME =
  /^x-portcullis-|^(?:proxy-)?authorization$|(?:cookies?|passw(?:or)?d|tokens?|secrets?|pepper|token_?keys|signing_?key)$/i

/** A copy of `record` in which the value of every field with a secret's name is replaced. Errors pass as they are. */
export function redactSecrets(record: Record<string, unknown>): Record<string, unknown> {
  return redactFields(record, 0)
}

function redactFields(record: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) ? REDACTED : redactValue(value, depth + 1),
    ]),
  )
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth >= MAX_DEPTH) return '[deeper]'
  if (Array.isArray(value)) return redactPairs(value, depth)
  return isPlain(value) ? redactFields(value, depth) : value
}

/** Raw headers come as [name, value, name, value]: what follows a secret's name is one. */
function redactPairs(values: unknown[], depth: number): unknown[] {
  return values.map((value, index) => {
    const before = values[index - 1]
    const isSecret = index % 2 === 1 && typeof before === 'string' && SECRET_NAME.test(before)
    return isSecret ? REDACTED : redactValue(value, depth + 1)
  })
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
