import type { Envelope } from './envelope.ts'

/** The first line of a streamed batch: it promises one value a call, in call order, each under its id. */
export function headLine(ids: Iterable<number>, envelope: Envelope): string {
  const head = Array.from(ids, (id, position) => [position, [[0], [null, 0, id]]])
  return `${envelope.wrap(Object.fromEntries(head))}\n`
}

/** A call's whole answer, `{ result }` or `{ error }`, as the one line that fulfils its promise. */
export function resultLine(id: number, result: unknown, envelope: Envelope): string {
  return `${envelope.wrap([id, 0, [[result]]])}\n`
}

/** What ends something that a line announced: a promise is rejected, an iterable breaks off. */
export function failureLine(
  id: number,
  kind: 'promise' | 'iterable',
  shape: unknown,
  envelope: Envelope,
): string {
  return `${envelope.wrap([id, kind === 'promise' ? 1 : 2, shape])}\n`
}
