import superjson from 'superjson'

/** A data transformer as tRPC takes it, with a name for messages. */
export interface Codec {
  readonly name: string
  /** Makes of any value one that JSON can carry. */
  serialize(value: unknown): unknown
  deserialize(value: unknown): unknown
}

/** The data transformer that client and services share: one that is known here, or any other as a {@link Codec}. */
export type Transformer = 'none' | 'superjson' | Codec

const NO_CODEC: Codec = {
  name: 'none',
  serialize: (value) => value,
  deserialize: (value) => value,
}
const SUPERJSON_CODEC: Codec = {
  name: 'superjson',
  serialize: (value) => superjson.serialize(value),
  deserialize: (value) => superjson.deserialize(value as ReturnType<typeof superjson.serialize>),
}

export function codecOf(transformer: Transformer): Codec {
  if (typeof transformer !== 'string') return transformer
  return transformer === 'none' ? NO_CODEC : SUPERJSON_CODEC
}

/** What the transformer makes of values on their way. */
export interface Envelope {
  readonly name: string
  /** A value as one that JSON can carry. */
  pack(value: unknown): unknown
  /** A value as JSON text. */
  wrap(value: unknown): string
  /** The value that was packed. @throws {Error} if the transformer cannot read it. */
  unpack(json: unknown): unknown
  /** Opens a packed value as far as its own structure goes, without reading what is in it where that can be avoided. */
  open(json: unknown): Opened
  /** Whether the structure of a packed value is that of its JSON text, but for what stands before and after it. */
  readonly keepsText: boolean
}

/** A packed value whose structure can be looked at, and changed in places. */
interface Opened {
  readonly value: unknown
  /** @param value Of the same shape: what the transformer noted of places in it still holds. */
  pack(value: unknown): unknown
}

export function envelopeOf(transformer: Transformer): Envelope {
  return transformer === 'none'
    ? NO_ENVELOPE
    : transformer === 'superjson'
      ? SUPERJSON
      : envelopeOfCodec(transformer)
}

const NO_ENVELOPE: Envelope = {
  ...envelopeOfCodec(NO_CODEC),
  open: (value) => ({ value, pack: (changed) => changed }),
  keepsText: true,
}

const SUPERJSON: Envelope = {
  ...envelopeOfCodec(SUPERJSON_CODEC),
  open(packed) {
    const { json, ...rest } = packed as { json: unknown }
    return { value: json, pack: (changed) => ({ json: changed, ...rest }) }
  },
  keepsText: true,
}

function envelopeOfCodec(codec: Codec): Envelope {
  const pack = (value: unknown) => codec.serialize(value)
  const unpack = (json: unknown) => codec.deserialize(json)
  return {
    name: codec.name,
    pack,
    wrap: (value) => JSON.stringify(pack(value)),
    unpack,
    open: (json) => ({ value: unpack(json), pack }),
    keepsText: false,
  }
}
