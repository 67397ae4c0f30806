import type { Envelope } from '../../respond/envelope.ts'
import type { ReadLine } from './jsonl-line.ts'

/** A line of a streamed batch, `[id, status, value]`, whose ids can be changed. */
export interface ParsedLine {
  readonly id: number
  readonly status: Status
  /** Whether it carries a value; else an error. */
  readonly isValue: boolean
  readonly announced: ReadLine['announced']
  /** The same line under other ids, as text without its end. */
  renumbered(newId: (id: number) => number): string
}

type Status = 0 | 1 | 2
type Definition = readonly [key: unknown, type: 0 | 1, id: number]

/** Undefined for what is no such line. */
export function parseLine(text: string, envelope: Envelope): ParsedLine | undefined {
  try {
    const { value: frame, pack } = envelope.open(JSON.parse(text))
    if (!Array.isArray(frame)) return undefined
    const [id, status, value] = frame as unknown[]
    if (!isId(id) || !isStatus(status)) return undefined
    const definitions = definitionsOf(value)
    const renumber = (newId: (id: number) => number) => [
      newId(id),
      status,
      definitions === undefined ? value : withIds(value as unknown[], definitions, newId),
    ]
    return {
      id,
      status,
      isValue: definitions !== undefined,
      announced: (definitions ?? []).map(([, type, id]) => ({
        id,
        kind: type === 0 ? 'promise' : 'iterable',
      })),
      renumbered: (newId) => JSON.stringify(pack(renumber(newId))),
    }
  } catch {
    // Neither JSON nor what the transformer reads.
    return undefined
  }
}

/** Undefined if it is no value, `[[data], ...definitions]`, but an error. */
function definitionsOf(value: unknown): readonly Definition[] | undefined {
  if (!Array.isArray(value)) return undefined
  const [data, ...definitions] = value as unknown[]
  return Array.isArray(data) && definitions.every(isDefinition) ? definitions : undefined
}

function withIds(
  [data]: readonly unknown[],
  definitions: readonly Definition[],
  newId: (id: number) => number,
): unknown[] {
  return [data, ...definitions.map(([key, type, id]) => [key, type, newId(id)])]
}

function isDefinition(value: unknown): value is Definition {
  if (!Array.isArray(value)) return false
  const [, type, id] = value as unknown[]
  return (type === 0 || type === 1) && isId(id)
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isStatus(value: unknown): value is Status {
  return value === 0 || value === 1 || value === 2
}
