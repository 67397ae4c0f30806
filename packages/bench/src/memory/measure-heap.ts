import { randomBytes } from 'node:crypto'
import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { cookieOf, openStore, startPeople } from '../population/people.ts'
import { QUERY, startGateway, startService } from '../population/servers.ts'
import { visit } from '../population/visits.ts'

/** What sessions that were used take of a gateway's heap. */
export interface HeapMemory {
  /** Used so far, each with its context for one service. */
  readonly sessions: number
  /** Of the heap and of buffers, more than before the first of them. */
  readonly bytes: number
}

const CONCURRENCY = 32
/** Used first, so that everything is compiled and every connection is there; not counted. */
const WARM_UP = 1_000

/** @param sizes Sessions at which to look, rising. */
export async function measureHeap(sizes: readonly number[]): Promise<HeapMemory[]> {
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startRedis())
  await declareNewInstallation({ redisUrl })
  const secret = randomBytes(32).toString('base64url')
  const store = held.use(await openStore(redisUrl, secret))
  const service = held.use(await startService())
  const gateway = held.use(await startGateway({ redisUrl, orders: service.url, secret }))
  const use = async (count: number) => {
    const people = await startPeople(store, count, count)
    const cookies = people.map(cookieOf)
    await visit({ url: gateway.url, path: QUERY, cookies, concurrency: CONCURRENCY })
  }
  await use(WARM_UP)
  const { heapBytes: empty } = await gateway.memory()
  const measured: HeapMemory[] = []
  let used = 0
  for (const sessions of sizes) {
    await use(sessions - used)
    used = sessions
    const { heapBytes } = await gateway.memory()
    measured.push({ sessions, bytes: heapBytes - empty })
  }
  return measured
}
