import { createId, type SubjectId } from '@portcullis/context'
import { createClaimsPublisher, createFollower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import type { SessionStore } from '@portcullis/sessions'
import { openStore } from '../population/people.ts'

/** Changes what people may do, and learns when nobody decides on what was before. */
export interface Changer extends AsyncDisposable {
  readonly store: SessionStore
  /** One event in the log, which nobody is asked to acknowledge. Somebody made up, unless a subject is given. */
  publish(subject?: SubjectId): Promise<void>
  /** Proves its freshness once more. */
  fence(): Promise<void>
  /** One event, waited for until the receipt says that it is enforced. */
  enforce(): Promise<Enforced>
}

interface Enforced {
  /** From the call. */
  readonly ms: number
  /** Every instance has said so; else one was silent until the end of its lease. */
  readonly isAcknowledged: boolean
}

export interface ChangerOptions {
  readonly redisUrl: string
  readonly secret: string
  readonly leaseMs?: number
}

const logger = createLogger({ name: 'bench', level: 'error' })

export async function createChanger(options: ChangerOptions): Promise<Changer> {
  const { redisUrl, secret, leaseMs } = options
  await using held = new AsyncDisposableStack()
  const store = held.use(await openStore(redisUrl, secret))
  const { repair } = store
  const common = { redisUrl, name: 'changer' }
  const follower = held.use(await createFollower({ ...common, leaseMs, repair, logger }))
  const publisher = held.use(createClaimsPublisher({ ...common, pepper: secret }))
  let version = 1

  function change(subject: SubjectId = createId('usr')) {
    version += 1
    return { subject, version, id: createId('chg'), cause: 'role-changed' }
  }

  const owned = held.move()
  return {
    store,
    async publish(subject) {
      await publisher.publish(change(subject))
    },
    async fence() {
      if (!(await follower.catchUp())) throw new Error('a fence proved nothing')
    },
    async enforce() {
      const made = change()
      const startedAt = performance.now()
      const published = await publisher.publish(made, follower.instance)
      const receipt = await follower.enforce({ ...published, id: made.id, startedAt })
      if (receipt.level !== 'enforced') throw new Error(`a receipt was ${receipt.level}`)
      const isAcknowledged = receipt.instances.every(({ state }) => state === 'acknowledged')
      return { ms: performance.now() - startedAt, isAcknowledged }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
