import type { Target } from '../request/target.ts'
import type { Destination, Routing } from '../routing.ts'

/** Those calls of a batch that go to one destination, as a batch of their own. */
export interface Part {
  readonly destination: Destination
  /** Where each of its calls stands in the whole batch. */
  readonly positions: readonly number[]
  readonly target: Target
  /** The inputs as JSON, keyed by position in this part. */
  readonly input: string
}

/**
 * Takes a batch apart. Inputs are moved as text, so that what a transformer wrote is not touched.
 *
 * @param inputs Input texts by position in the whole batch, as a decimal string; an absent input stays absent.
 */
export function partsOf(
  target: Target,
  inputs: ReadonlyMap<string, string>,
  routing: Routing,
  inUrl: boolean,
): Part[] {
  const positions = new Map<Destination, number[]>()
  target.paths.forEach((path, position) => {
    const destination = routing.of(path)
    const own = positions.get(destination)
    if (own === undefined) positions.set(destination, [position])
    else own.push(position)
  })
  return [...positions].map(([destination, own]) => {
    const input = inputText(own, inputs)
    const paths = own.map((position) => target.paths[position] as string)
    const inputParameter = inUrl ? encodeURIComponent(input) : undefined
    return {
      destination,
      positions: own,
      target: { paths, isBatch: true, extras: target.extras, input: inputParameter },
      input,
    }
  })
}

function inputText(positions: readonly number[], inputs: ReadonlyMap<string, string>): string {
  const members = positions.flatMap((position, index) => {
    const text = inputs.get(String(position))
    return text === undefined ? [] : [`"${index}":${text}`]
  })
  return `{${members.join(',')}}`
}
