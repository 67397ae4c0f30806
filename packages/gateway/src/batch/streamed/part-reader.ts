import { GatewayError, toGatewayError } from '../../errors.ts'
import { OpenValues } from '../../forward/frames/open-values.ts'
import { type ParsedLine, parseLine } from '../../forward/frames/parsed-line.ts'
import type { GatewayLimits } from '../../limits.ts'
import type { Envelope } from '../../respond/envelope.ts'
import { LineSplitter, PING } from './line-splitter.ts'

export interface PartReaderOptions {
  readonly paths: readonly string[]
  /** The id in the whole batch of what has this id in the part. One to one over all parts. */
  newId(id: number): number
  readonly envelope: Envelope
  readonly limits: Pick<GatewayLimits, 'batchLineBytes' | 'streamOpenValues'>
}

/** One service's answer to its part of a streamed batch, as lines of the whole batch. */
export class PartReader {
  readonly #options: PartReaderOptions
  readonly #splitter: LineSplitter
  readonly #open: OpenValues
  #isHead = true
  #failure: GatewayError | undefined

  constructor(options: PartReaderOptions) {
    const { paths, limits } = options
    this.#options = options
    this.#splitter = new LineSplitter(limits.batchLineBytes)
    this.#open = new OpenValues(
      paths.map((path, id) => ({ id, path })),
      limits.streamOpenValues,
    )
  }

  /** The lines that came with this chunk under their new ids, and its pings. Stops at what {@link failure} says. */
  push(chunk: Buffer): string {
    let text = ''
    try {
      for (const piece of this.#splitter.push(chunk)) {
        text += piece === PING ? PING : this.#read(piece)
      }
    } catch (error) {
      this.#failure = toGatewayError(error)
    }
    return text
  }

  /** Set once the service has sent what tRPC would not answer to this part. */
  get failure(): GatewayError | undefined {
    return this.#failure
  }

  /**
   * The lines that a service's whole answer to a part makes which it did not begin to stream.
   *
   * @throws {GatewayError} `ERR_SERVICE_RESPONSE_INVALID` if anything is missing.
   */
  end(): string {
    const rest = this.#splitter.rest()
    if (this.#isHead) {
      const json = parse(rest)
      if (!isFailure(json)) throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID')
      return this.#fail(json)
    }
    if (this.#open.size > 0 || rest !== '') throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID')
    return ''
  }

  /** The lines that end all that the service owes. */
  failAll(shapeOf: (path: string) => unknown): string {
    const { envelope, newId } = this.#options
    return this.#open.failAll(shapeOf, envelope, newId)
  }

  #read(text: string): string {
    if (this.#isHead) return this.#readHead(text)
    const line = parseLine(text, this.#options.envelope)
    if (line === undefined || !this.#note(line)) {
      throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID')
    }
    return `${line.renumbered(this.#options.newId)}\n`
  }

  #note(line: ParsedLine): boolean {
    const isIterable = this.#open.kindOf(line.id) === 'iterable'
    if (!isIterable && line.status === 2) return false
    return this.#open.note({ ...line, goesOn: isIterable && line.status === 1 })
  }

  /** Nothing of it goes out: the head of the whole batch has been made without it. */
  #readHead(text: string): string {
    const json = parse(text)
    if (isFailure(json)) return this.#fail(json)
    const { envelope, paths } = this.#options
    const head = readable(() => envelope.open(json).value)
    const calls = typeof head === 'object' && head !== null ? Object.entries(head) : []
    if (calls.length !== paths.length || !calls.every(isPromise)) {
      throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID')
    }
    this.#isHead = false
    return ''
  }

  /** What fails as a whole is one object, and the failure of each call. */
  #fail({ error }: { error: unknown }): string {
    const { envelope, newId } = this.#options
    const shape = readable(() => envelope.unpack(error))
    this.#isHead = false
    return this.#open.failAll(() => shape, envelope, newId)
  }
}

function parse(text: string): unknown {
  return readable(() => JSON.parse(text))
}

function readable(read: () => unknown): unknown {
  try {
    return read()
  } catch (cause) {
    throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID', { cause })
  }
}

function isFailure(json: unknown): json is { error: unknown } {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, 'error')
}

/** `"0": [[0], [null, 0, 0]]`, as tRPC writes it for each call. */
function isPromise([key, value]: [string, unknown], position: number): boolean {
  return key === String(position) && JSON.stringify(value) === `[[0],[null,0,${position}]]`
}
