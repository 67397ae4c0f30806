import type { Envelope } from '../../respond/envelope.ts'
import { parseLine } from './parsed-line.ts'

/** What a line may announce: one value to come, or any number of them. */
export type ValueKind = 'promise' | 'iterable'

/** What the frame of a line says, `[id, status, value]`. */
export interface ReadLine {
  readonly id: number
  /** Whether more lines for this id follow. */
  readonly goesOn: boolean
  /** Ids that its value refers to. */
  readonly announced: readonly { readonly id: number; readonly kind: ValueKind }[]
}

/** Status and the two brackets of a value; an error has a brace. Some transformers wrap the line in an object. */
const BEGIN = /^ *(?:\{"json":)?\[(\d{1,15}),([012]),(\[)?/
/** Definitions `[key, type, id]` at the very end of a value, then the ends of value and line, then the transformer's part. */
const END = /((?:,\[(?:null|"(?:[^"\\]|\\.)*"),[01],\d{1,15}\])+)\]\](?:\}|,"meta":\{.*\}\})?$/s
const DEFINITION = /,\[(?:null|"(?:[^"\\]|\\.)*"),([01]),(\d{1,15})\]/g

/** Bytes of a line's beginning and end that are looked at. */
const BEGIN_BYTES = 48
const END_BYTES = 1_024

/** Undefined for a line that has another form. Payloads are not parsed where the transformer leaves them in place. */
export function readLine(line: Buffer, envelope: Envelope): ReadLine | undefined {
  if (!envelope.keepsText) return readCoded(line, envelope)
  const begin = BEGIN.exec(line.toString('latin1', 0, BEGIN_BYTES))
  if (!begin) return undefined
  const [, id, status, isValue] = begin
  return {
    id: Number(id),
    // Of a promise 1 is a failure, of an iterable one more value.
    goesOn: status === '1' && isValue !== undefined,
    announced: isValue === undefined ? [] : readDefinitions(line),
  }
}

function readDefinitions(line: Buffer): ReadLine['announced'] {
  const end = END.exec(line.toString('latin1', Math.max(0, line.length - END_BYTES)))
  return [...(end?.[1] ?? '').matchAll(DEFINITION)].map(([, type, id]) => ({
    id: Number(id),
    kind: type === '0' ? 'promise' : 'iterable',
  }))
}

function readCoded(line: Buffer, envelope: Envelope): ReadLine | undefined {
  const parsed = parseLine(line.toString('utf8'), envelope)
  return parsed && { ...parsed, goesOn: parsed.status === 1 && parsed.isValue }
}
