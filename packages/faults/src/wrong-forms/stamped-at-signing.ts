import {
  createContextSigner,
  createContextVerifier,
  createVerificationKeys,
  type Position,
} from '@portcullis/context'
import { systemClock } from '@portcullis/runtime'
import { keyRingOf, type Secrets } from '../instances/secrets.ts'

/** What becomes of a context before it is presented. */
export type Stamps = (context: string, audience: string) => Promise<string>

const SESSION_LEFT_MS = 60_000

/** Says of a principal that was checked earlier that it was at `position`, where the signer is by now. */
export async function stampedAtSigning(
  secrets: Secrets,
  position: () => Position,
): Promise<Stamps> {
  const keyRing = await keyRingOf(secrets)
  const signer = createContextSigner({ keyRing, clock: systemClock })
  const keys = createVerificationKeys(keyRing.publicJwks())
  return async (context, audience) => {
    const verifier = createContextVerifier({ audience, keys, clock: systemClock })
    const { principal } = await verifier.verify(context)
    const sessionEndsAt = Date.now() + SESSION_LEFT_MS
    const { token } = await signer.sign(principal, {
      audience,
      position: position(),
      sessionEndsAt,
    })
    return token
  }
}
