import { expect, it } from 'vitest'
import { type FillProgress, fillAll } from './claims-fill.ts'

const never = new AbortController().signal

/** Accounts with so many people to fill, and what it was asked. */
function createPeople(count: number) {
  const people = { left: count, published: 0, calls: 0 }
  const accounts = {
    async fillClaims({ limit }: { limit: number }) {
      people.calls += 1
      const filled = Math.min(limit, people.left)
      people.left -= filled
      return { filled, remaining: people.left }
    },
    async publishOutbox({ limit }: { limit: number }) {
      people.published += limit
      return { published: limit, remaining: 0 }
    },
  }
  return { people, accounts }
}

it('fills and announces everybody, and tells how far it has got', async () => {
  const { people, accounts } = createPeople(250)
  const reports: FillProgress[] = []
  const report = async (progress: unknown) => void reports.push({ ...(progress as FillProgress) })
  const result = await fillAll(accounts, { perSecond: 10_000 }, { signal: never, report })
  expect(result).toEqual({ filled: 250, remaining: 0 })
  expect(people).toEqual({ left: 0, published: 250, calls: 3 })
  expect(reports.map(({ remaining }) => remaining)).toEqual([150, 50, 0])
})

it('goes no faster than it was asked to', async () => {
  const { accounts } = createPeople(300)
  const from = performance.now()
  await fillAll(accounts, { perSecond: 200 }, { signal: never, report: async () => undefined })
  // Three calls of 100 people, half a second from one to the next.
  expect(performance.now() - from).toBeGreaterThan(990)
})
