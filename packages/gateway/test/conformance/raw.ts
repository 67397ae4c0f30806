import { withoutStack } from './observations.ts'

/** An answer as it came over HTTP. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** JSON if it is some. */
  readonly body: unknown
}

export interface RawEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: unknown
}

/** Of one hop alone, or of the gateway. */
const UNCOMPARED = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date'],
  ...['x-request-id', 'set-cookie'],
  ...['x-content-type-options', 'content-security-policy', 'cross-origin-resource-policy'],
  ...['referrer-policy', 'strict-transport-security'],
])

/** What the gateway says where a service says nothing. */
const isAdded = (name: string, value: string) => name === 'cache-control' && value === 'no-store'

export async function readAnswer(response: Response): Promise<RawAnswer> {
  const headers = [...response.headers].filter(
    ([name, value]) => !UNCOMPARED.has(name) && !isAdded(name, value),
  )
  const vary = response.headers.get('vary')?.replace(/, cookie$/, '')
  const cookies = response.headers.getSetCookie().sort()
  return {
    status: response.status,
    headers: {
      ...Object.fromEntries(headers),
      ...(vary !== undefined && { vary }),
      ...(cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: withoutStack(parse(await response.text())),
  }
}

/** Reads a stream until so many events have come, or it ends. */
export async function readEvents(response: Response, count: number): Promise<RawEvent[]> {
  const events: RawEvent[] = []
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    events.push(...blocks.map(parseEvent).filter(({ event }) => event !== 'ping'))
    if (events.length >= count) break
  }
  return events.slice(0, count)
}

function parseEvent(block: string): RawEvent {
  const lines = block.split('\n')
  const fieldOf = (name: string) =>
    lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
  return {
    event: fieldOf('event') ?? 'message',
    id: fieldOf('id'),
    data: withoutStack(parse(fieldOf('data') ?? '')),
  }
}

/**
 * The lines of a streamed batch, without the numbers of their chunks, sorted: how chunks are numbered, and which of two
 * services is first, is no promise of the format.
 */
export function linesOf(text: unknown, hasEnvelope: boolean): string[] {
  return String(text)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line))
    .map((line) =>
      JSON.stringify(withoutStack(hasEnvelope ? withoutNumbers(line) : numberless(line))),
    )
    .sort()
}

function withoutNumbers(line: { json: unknown; meta?: unknown }) {
  return { ...line, json: numberless(line.json) }
}

function numberless(line: unknown): unknown {
  if (!Array.isArray(line)) return headWithoutNumbers(line as Record<string, unknown[]>)
  const [, status, value] = line
  // What a promise or a generator fails with is no value of the format, but an error as it is.
  if (!Array.isArray(value)) return ['#', status, value]
  const [data, ...definitions] = value
  return ['#', status, [data, ...definitions.map(blank)]]
}

function headWithoutNumbers(head: Record<string, unknown[]>) {
  return Object.entries(head).map(([key, [data, ...definitions]]) => [
    key,
    data,
    ...definitions.map((definition) => blank(definition)),
  ])
}

function blank(definition: unknown): unknown {
  return Array.isArray(definition) ? [...definition.slice(0, 2), '#'] : definition
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
