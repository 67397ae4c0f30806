import { createKeyRing, generateSigningKey } from '@portcullis/context'
import { createFollower, declareNewInstallation } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { startRedis } from '@portcullis/testing'
import { redisVersionOf } from '../report/redis-version.ts'
import { createPrincipal, raiseFloors, signContexts } from './contexts.ts'
import type { Measure, TakeSample } from './measures.ts'
import { samplePortcullis } from './portcullis-samples.ts'
import { asFromTheWire } from './requests.ts'
import { type SignedTokens, signLike } from './signed-tokens.ts'
import { type StoredSessions, storeSessions } from './stored-sessions.ts'
import { takeSample } from './take-sample.ts'
import { timeEachAsync } from './timing.ts'

/** A service that follows the log of a real Redis, and what else would tell it whom a request is for. */
export interface Stage extends AsyncDisposable {
  readonly samplers: Readonly<Record<Measure, TakeSample>>
  readonly tokenBytes: number
  readonly redisVersion: string
}

const CONTEXTS = 2_000
/** Those on which cryptography and Redis are timed, since they take fifty times as long. */
const FEWER = 200
const AT_ONCE = 16

export async function setStage(): Promise<Stage> {
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startRedis())
  await declareNewInstallation({ redisUrl })
  const logger = createLogger({ name: 'bench', level: 'error' })
  const follower = held.use(await createFollower({ redisUrl, name: 'orders', logger }))
  await raiseFloors(redisUrl)
  await follower.catchUp()
  const keyRing = await createKeyRing({ signing: await generateSigningKey() })
  const people = Array.from({ length: CONTEXTS }, createPrincipal)
  const contexts = await signContexts(keyRing, people, follower.position)
  const fewer = contexts.slice(0, FEWER)
  const sessions = held.use(await storeSessions(redisUrl, people.slice(0, FEWER)))
  const keys = keyRing.publicJwks()
  const ours = await samplePortcullis({ contexts, fewer, keys, follower, logger })
  const samplers = {
    ...ours.samplers,
    rs256: sampleVerification(await signLike(fewer, 'RS256')),
    es256: sampleVerification(await signLike(fewer, 'ES256')),
    eddsa: sampleVerification(await signLike(fewer, 'EdDSA')),
    ...sampleSessions(sessions),
  }
  held.use(ours)
  const redisVersion = await redisVersionOf(redisUrl)
  const owned = held.move()
  return {
    samplers,
    tokenBytes: contexts[0]?.length ?? 0,
    redisVersion,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function sampleVerification({ tokens, verify }: SignedTokens): TakeSample {
  return takeSample(
    () => asFromTheWire(tokens),
    (items) => timeEachAsync(items, verify),
  )
}

function sampleSessions({ keys, get }: StoredSessions) {
  const groups = Array.from({ length: FEWER / AT_ONCE }, (_, n) => n * AT_ONCE)
  return {
    redisGet: takeSample(
      () => keys,
      (items) => timeEachAsync(items, get),
    ),
    redisGetAtOnce: takeSample(
      () => keys.slice(0, groups.length * AT_ONCE),
      async (items) => {
        const inGroups = groups.map((first) => items.slice(first, first + AT_ONCE))
        return (await timeEachAsync(inGroups, (group) => Promise.all(group.map(get)))) / AT_ONCE
      },
    ),
  }
}
