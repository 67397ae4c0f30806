import { randomBytes } from 'node:crypto'
import { createKeyRing, generateSigningKey, type SessionId } from '@portcullis/context'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
  type Follower,
} from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { createSessionStore, type SessionStore } from '@portcullis/sessions'
import { startRedis } from '@portcullis/testing'
import { type Peer, startPeer } from '../peers/peer.ts'
import { inTurns } from '../population/in-turns.ts'
import { ORGANIZATION, startRulesOwner } from './owner.ts'
import type { Plan } from './plan.ts'
import { LOGIN, touchDigestOf } from './touch-digest.ts'

/** An organization whose members have live sessions, behind several gateways. */
export interface Stage extends AsyncDisposable {
  readonly redisUrl: string
  readonly gateways: readonly Peer[]
  readonly service: Peer
  /** Their cookies. */
  readonly members: readonly string[]
  /** Of the script by which gateways note that sessions are used. */
  readonly touchDigest: string
  /** Edits the role and waits for the receipt. @returns milliseconds until nobody decides on what was before. */
  edit(): Promise<number>
}

const logger = createLogger({ name: 'bench', level: 'error' })
const SCRIPTS = {
  gateway: new URL('./peers/gateway-main.ts', import.meta.url),
  service: new URL('./peers/service-main.ts', import.meta.url),
}
/** Sessions that are being started at once. */
const STARTS = 200

export async function setStage(plan: Plan, size: number): Promise<Stage> {
  await using held = new AsyncDisposableStack()
  const redisUrl = held.use(await startRedis()).url
  await declareNewInstallation({ redisUrl })
  const secret = randomBytes(32).toString('base64url')
  const signing = await generateSigningKey()
  const keys = (await createKeyRing({ signing })).publicJwks()
  const owner = held.use(await startRulesOwner())
  const follower = held.use(await createFollower({ redisUrl, name: 'owner', logger }))
  const service = held.use(await startPeer(SCRIPTS.service, { redisUrl, keys }))
  const settings = { redisUrl, ownerUrl: owner.url, serviceUrl: service.url, secret, signing }
  const gateways = await Promise.all(
    Array.from({ length: plan.instances }, () => startPeer(SCRIPTS.gateway, settings)),
  )
  for (const gateway of gateways) held.use(gateway)
  const publisher = held.use(createClaimsPublisher({ redisUrl, name: 'owner', pepper: secret }))
  const common = { redisUrl, name: LOGIN, pepper: secret, tokenKeys: [secret] }
  const store = held.use(await createSessionStore(common))
  const { cookies: members, ids } = await signInMembers(store, size)
  const touchDigest = await touchDigestOf(redisUrl, store, ids)
  const owned = held.move()
  return {
    redisUrl,
    gateways,
    service,
    members,
    touchDigest,
    async edit() {
      const version = owner.edit()
      return publish(version, follower, publisher)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function publish(
  version: number,
  follower: Follower,
  publisher: ReturnType<typeof createClaimsPublisher>,
): Promise<number> {
  const startedAt = systemClock.now()
  const change = { organization: ORGANIZATION, version, id: `chg_${version}`, cause: 'role.edited' }
  const point = await publisher.publish(
    { ...change, organization: ORGANIZATION },
    follower.instance,
  )
  const { level } = await follower.enforce({ id: change.id, ...point, startedAt })
  if (level !== 'enforced') throw new Error(`the receipt says ${level}`)
  return systemClock.now() - startedAt
}

async function signInMembers(store: SessionStore, size: number): Promise<Members> {
  const cookies: string[] = []
  const ids: SessionId[] = []
  await inTurns(size, STARTS, async (n) => {
    const start = { subject: `usr_${n}`, methods: ['pwd'], organization: ORGANIZATION } as const
    const { token, session } = await store.start(start)
    cookies[n] = `sid=${token}`
    ids[n] = session.id
  })
  return { cookies, ids }
}

interface Members {
  readonly cookies: string[]
  readonly ids: SessionId[]
}
