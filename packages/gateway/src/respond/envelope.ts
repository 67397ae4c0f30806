/** The data transformer that client and services share. */
export type Transformer = 'none' | 'superjson'

/** Puts a JSON text into the transformer's envelope. Holds for values that JSON alone can carry. */
export type Envelope = (json: string) => string

const ENVELOPES: Record<Transformer, Envelope> = {
  none: (json) => json,
  superjson: (json) => `{"json":${json}}`,
}

export function envelopeOf(transformer: Transformer): Envelope {
  return ENVELOPES[transformer]
}
