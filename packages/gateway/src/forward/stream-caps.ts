import { GatewayError } from '../errors.ts'
import { networkOf } from '../guard/network.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Call } from '../request/call.ts'
import { isPlausibleToken } from './proof.ts'

/** Who holds a stream, as far as it is known before anything is asked on its behalf. */
export interface StreamOwner {
  /** Of the client; a whole network if one host has it. */
  readonly address: string
  /** Value of the session cookie, if it may be one. */
  readonly cookie: string | undefined
}

export function ownerOf({ address, cookie }: Pick<Call, 'address' | 'cookie'>): StreamOwner {
  const { value } = cookie
  const isToken = value !== undefined && isPlausibleToken(value)
  return { address: networkOf(address), cookie: isToken ? value : undefined }
}

export type StreamLimits = Pick<
  GatewayLimits,
  'streams' | 'streamsPerSession' | 'streamsPerAddress'
>

/** Counts open streams, of all and by who holds them. */
export class StreamCaps {
  readonly #limits: StreamLimits
  readonly #bySession = new Map<string, number>()
  readonly #byAddress = new Map<string, number>()
  #all = 0

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  /** @throws {GatewayError} `ERR_STREAMS_TOO_MANY`, `ERR_STREAMS_EXHAUSTED`; then nothing is counted. */
  take({ address, cookie }: StreamOwner): void {
    const { streams, streamsPerSession, streamsPerAddress } = this.#limits
    if (this.#all >= streams) throw new GatewayError('ERR_STREAMS_EXHAUSTED')
    const ofAddress = this.#byAddress.get(address) ?? 0
    const ofSession = cookie === undefined ? 0 : (this.#bySession.get(cookie) ?? 0)
    if (ofAddress >= streamsPerAddress || ofSession >= streamsPerSession) {
      throw new GatewayError('ERR_STREAMS_TOO_MANY')
    }
    this.#all++
    this.#byAddress.set(address, ofAddress + 1)
    if (cookie !== undefined) this.#bySession.set(cookie, ofSession + 1)
  }

  give({ address, cookie }: StreamOwner): void {
    this.#all--
    countDown(this.#byAddress, address)
    if (cookie !== undefined) countDown(this.#bySession, cookie)
  }
}

function countDown(counts: Map<string, number>, key: string): void {
  const count = counts.get(key) ?? 0
  if (count > 1) counts.set(key, count - 1)
  else counts.delete(key)
}
