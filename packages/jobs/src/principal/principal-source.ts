import {
  type AssertionSigner,
  createContextVerifier,
  type VerificationKeys,
  type VerifiedContext,
} from '@portcullis/context'
import {
  type CarriedPrincipal,
  createGatewayClient,
  principalAnswerSchema,
} from '@portcullis/revocation'
import { type Clock, systemClock } from '@portcullis/runtime'
import { JobError } from '../errors.ts'

/** Tells what holds of somebody now. */
export interface PrincipalSource {
  /**
   * From the truth, not from memory; null if the session has ended or is not of that organization any more.
   *
   * @throws {JobError} `ERR_PRINCIPAL_UNVERIFIABLE`
   */
  present(carried: CarriedPrincipal): Promise<VerifiedContext | null>
}

export interface PrincipalSourceOptions {
  /** Base URL of a gateway with a `relay` option, or of several that are tried in turn. */
  readonly gatewayUrl: string | readonly string[]
  /** Name of the service that runs the jobs: whom the gateway's contexts are for. */
  readonly service: string
  /** Says who asks; the gateway's `relay.trust` must have its key. */
  readonly assertion: AssertionSigner
  /** The gateway's public keys. */
  readonly keys: VerificationKeys
  /** For one gateway to answer, milliseconds. Default 3,000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** Asks a gateway: no service can read a session. @throws {TypeError} when `gatewayUrl` is none. */
export function createPrincipalSource(options: PrincipalSourceOptions): PrincipalSource {
  const { service, keys, timeoutMs = 3_000, clock = systemClock } = options
  const client = createGatewayClient({ ...options, timeoutMs })
  const verifier = createContextVerifier({ audience: service, keys, clock })

  async function ask({ session, organization, position }: CarriedPrincipal) {
    const asked = { session, organization, position }
    const { context } = await client.ask('principal', asked, principalAnswerSchema)
    return context === null ? null : verifier.verify(context)
  }

  return {
    async present(carried) {
      let cause: unknown
      for (let asked = 0; asked < client.gateways; asked += 1) {
        try {
          return await ask(carried)
        } catch (error) {
          cause = error
          client.leave()
        }
      }
      throw new JobError('ERR_PRINCIPAL_UNVERIFIABLE', { cause })
    },
  }
}
