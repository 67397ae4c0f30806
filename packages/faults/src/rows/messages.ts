import { createKeyspace } from '@portcullis/redis'
import { onServer } from '../constellation/servers.ts'
import { instant } from '../history/history.ts'
import { type Heal, nothingToHeal, type Row, type Scene } from './row.ts'

const LEASE_MS = 400
const SHARED = {
  budget: 'within',
  trials: 20,
  leaseMs: LEASE_MS,
  setting: { kind: 'single' },
} as const
const FIRST = ['g1', 's1']
const GHOSTS = 200
const keys = createKeyspace()

/** What may happen to hints and acknowledgements on their way. */
export const messageRows: readonly Row[] = [
  {
    ...SHARED,
    name: 'every hint and acknowledgement lost',
    affects: FIRST,
    firstUser: ['~*', '+@all', 'resetchannels'],
    strike: async () => nothingToHeal,
  },
  {
    ...SHARED,
    name: 'hints lost, duplicated, reordered, late',
    affects: FIRST,
    mistreatsHints: true,
    async strike({ constellation: { hints }, random }) {
      hints?.treat(FAULTY, random)
      return async () => hints?.heal()
    },
  },
  {
    ...SHARED,
    name: 'subscribers frozen and dropped, as their output buffers are full',
    processes: true,
    affects: FIRST,
    holdMs: 1_000,
    takes: 2,
    strike: overflow,
  },
  {
    ...SHARED,
    name: 'ghost and unreadable hints',
    async strike({ constellation: { servers }, random }) {
      const port = await servers.primaryPort()
      await onServer(port, async (redis) => {
        const [epoch = '1'] = (await redis.get(keys.epoch))?.split(' ') ?? []
        const [seq = '0', nonce = ''] = (await redis.get(keys.head))?.split(' ') ?? []
        for (let i = 0; i < GHOSTS; i += 1) {
          const ghost = { epoch, seq: Number(seq) + Math.floor(random() * 5) - 1, nonce }
          await redis.publish(keys.hints, random() < 0.3 ? '{"' : ghostOf(ghost, random))
        }
      })
      return nothingToHeal
    },
  },
]

/** Larger than what sockets hold, so that the server has to keep it. */
const LARGE = 'x'.repeat(100_000)
const LARGE_MESSAGES = 300

async function overflow({ constellation, load, take, end }: Scene): Promise<Heal> {
  const { processes, servers } = constellation
  const frozenAt = instant()
  for (const instance of processes) instance.pause()
  for (let i = 0; i < 2; i += 1) void end(take())
  await onServer(await servers.primaryPort(), async (redis) => {
    await redis.config('SET', 'client-output-buffer-limit', 'pubsub 1mb 0 0')
    for (let i = 0; i < LARGE_MESSAGES; i += 1) await redis.publish(keys.hints, LARGE)
  })
  return async () => {
    for (const instance of processes) {
      load.wasFrozen(instance.name, frozenAt, instant())
      instance.resume()
    }
  }
}

const FAULTY = { lose: 0.3, duplicate: 0.3, reorder: 0.3, delayMs: 50 }

/** Looks like the next event, or one before or after it, of a history that never was. */
function ghostOf(
  { epoch, seq, nonce }: { readonly epoch: string; readonly seq: number; readonly nonce: string },
  random: () => number,
): string {
  const previous = random() < 0.5 ? nonce : 'ffffffffffff'
  const fields = [
    'k',
    'subject.revoked',
    'n',
    'aaaaaaaaaaaa',
    'p',
    previous,
    'c',
    'x',
    'u',
    'usr_x',
  ]
  return JSON.stringify([[`${epoch}-${seq}`, fields]])
}
