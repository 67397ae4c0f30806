import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import {
  CONTEXT_HEADER,
  createContextSigner,
  createContextVerifier,
  createId,
  createKeyRing,
  createVerificationKeys,
  generateSigningKey,
  type Principal,
} from '@portcullis/context'
import { createClaimsPublisher, type Follower } from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { createPortcullis } from '@portcullis/service'
import { importJWK, jwtVerify } from 'jose'

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
/** Others of whom the log has said something: a floor that has to be looked past. */
const FLOORS = 1_000
const SERVICE = 'orders'

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
  const tokens = await signContexts(keyRing, follower)
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

  async function createContext(request: ReturnType<typeof requestWith>): Promise<void> {
    await portcullis.createContextFrom(request, request.response)
    request.response.emit('close')
  }

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

/** Strings that nothing has looked at yet, as node makes one for each header of each request. */
function asFromTheWire(tokens: readonly string[]): string[] {
  return tokens.map((token) => Buffer.from(token, 'latin1').toString('latin1'))
}

/** One whose bytes have all been sent by the time it closes. */
class FinishedResponse extends ServerResponse {
  override readonly writableFinished = true
}

const REQUEST = new IncomingMessage(new Socket())

/** Node's request and response as far as a context is made from them. */
function requestWith(token: string) {
  const response = new FinishedResponse(REQUEST)
  return { headers: { [CONTEXT_HEADER]: token }, response }
}

function timeEach<Item>(items: readonly Item[], run: (item: Item) => unknown): number {
  const from = process.hrtime.bigint()
  for (const item of items) run(item)
  return Number(process.hrtime.bigint() - from) / items.length
}

async function timeEachAsync<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<unknown>,
): Promise<number> {
  const from = process.hrtime.bigint()
  for (const item of items) await run(item)
  return Number(process.hrtime.bigint() - from) / items.length
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function raiseFloors(redisUrl: string): Promise<void> {
  const pepper = Buffer.alloc(32).toString('base64url')
  await using publisher = createClaimsPublisher({ redisUrl, name: 'bench', pepper })
  const publish = () =>
    publisher.publish({ subject: createId('usr'), version: 1, id: createId('chg'), cause: 'bench' })
  await publish()
  await Promise.all(Array.from({ length: FLOORS - 1 }, publish))
}

async function signContexts(
  keyRing: Parameters<typeof createContextSigner>[0]['keyRing'],
  follower: Follower,
) {
  const signer = createContextSigner({ keyRing, clock: systemClock })
  const { position } = follower
  const target = { audience: SERVICE, position, sessionEndsAt: Date.now() + 3_600_000 }
  const sign = async () => (await signer.sign(createPrincipal(), target)).token
  return Promise.all(Array.from({ length: CONTEXTS }, sign))
}

function createPrincipal(): Principal {
  return {
    subject: createId('usr'),
    session: createId('ses'),
    organization: 'org_acme',
    roles: ['member', 'billing'],
    permissions: ['orders.read', 'orders.write', 'invoices.read', 'members.read'],
    claimsVersion: 12,
    authenticatedAt: Math.floor(Date.now() / 1_000),
    methods: ['pwd', 'otp'],
    assurance: 'aal2',
    custom: { region: 'eu-central-1', plan: 'enterprise' },
  }
}
