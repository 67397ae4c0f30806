import {
  createContextVerifier,
  createKeyRing,
  createVerificationKeys,
  generateSigningKey,
  type Principal,
} from '@portcullis/context'
import type { Follower } from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { createPortcullis } from '@portcullis/service'
import { importJWK, jwtVerify } from 'jose'
import { createPrincipal, raiseFloors, SERVICE, signContexts } from '../service/contexts.ts'
import { asFromTheWire, createAndEndContext, requestWith } from '../service/requests.ts'
import { nextTurn, timeEach, timeEachAsync } from '../service/timing.ts'

export const HOT_PATHS = {
  decide: 'header to decision: verified context, lease and floors',
  createContext: "header to a procedure's context: the same, with AbortSignal and its end",
  firstSight: 'header to verified context at first sight',
  jose: 'jose jwtVerify, EdDSA, same token and checks',
} as const
export type HotPath = keyof typeof HOT_PATHS

/** Nanoseconds for one context, a sample for each pass over all of them. */
export type HotPathSamples = Record<HotPath, number[]>

export interface HotPathBench {
  readonly tokenBytes: number
  /** One pass of each over all contexts, the first-time verifications over a tenth. */
  pass(samples: HotPathSamples): Promise<void>
}

export interface HotPathOptions {
  readonly follower: Follower
  readonly redisUrl: string
}

const CONTEXTS = 2_000
/** Those on which cryptography is timed, since it takes fifty times as long. */
const VERIFIED_CONTEXTS = 200

export function noHotPathSamples(): HotPathSamples {
  return { decide: [], createContext: [], firstSight: [], jose: [] }
}

export async function createHotPathBench({
  follower,
  redisUrl,
}: HotPathOptions): Promise<HotPathBench> {
  await raiseFloors(redisUrl)
  await follower.catchUp()
  const signing = await generateSigningKey()
  const keyRing = await createKeyRing({ signing })
  const people = Array.from({ length: CONTEXTS }, createPrincipal)
  const tokens = await signContexts(keyRing, people, follower.position)
  const jwks = keyRing.publicJwks()
  const clock = systemClock
  const newVerifier = () =>
    createContextVerifier({ audience: SERVICE, keys: createVerificationKeys(jwks), clock })
  const verifier = newVerifier()
  const logger = createLogger({ name: 'bench', level: 'error' })
  const portcullis = createPortcullis({ service: SERVICE, keys: jwks, follower, logger, clock })
  const key = await importJWK(jwks.keys[0] as object, 'EdDSA')

  function decide(token: string): Principal {
    const verified = verifier.verify(token)
    if (verified instanceof Promise) throw new Error('verified before, so this is synchronous')
    if (!follower.isFresh()) throw new Error('no lease')
    if (follower.isStale(verified.principal, verified.position)) throw new Error('stale')
    return verified.principal
  }

  const createContext = (request: ReturnType<typeof requestWith>) =>
    createAndEndContext(portcullis, request)

  const verifyWithJose = (token: string) =>
    jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      typ: 'ctx+jwt',
      issuer: 'gateway',
      audience: SERVICE,
      maxTokenAge: 300,
      clockTolerance: 5,
    })

  async function warmUp() {
    for (const token of tokens) await verifier.verify(token)
    for (const token of tokens) await createContext(requestWith(token))
  }

  await warmUp()
  return {
    tokenBytes: tokens[0]?.length ?? 0,
    async pass(samples) {
      const some = tokens.slice(0, VERIFIED_CONTEXTS)
      const { verify } = newVerifier()
      samples.decide.push(timeEach(asFromTheWire(tokens), decide))
      await nextTurn()
      const requests = asFromTheWire(tokens).map(requestWith)
      samples.createContext.push(await timeEachAsync(requests, createContext))
      samples.firstSight.push(
        await timeEachAsync(asFromTheWire(some), async (token) => verify(token)),
      )
      samples.jose.push(await timeEachAsync(asFromTheWire(some), verifyWithJose))
      await nextTurn()
    },
  }
}
