import { createKeyspace } from '@portcullis/redis'
import { onServer } from '../constellation/servers.ts'
import { nothingToHeal, type Row } from './row.ts'

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
