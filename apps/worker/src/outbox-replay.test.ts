import { createLogger } from '@portcullis/runtime'
import { expect, it } from 'vitest'
import type { AccountsClient, OutboxProgress } from './accounts-client.ts'
import { replayOutbox } from './outbox-replay.ts'

const run = { signal: AbortSignal.any([]), logger: createLogger({ name: 'test', level: 'silent' }) }

class CountingAccounts implements Pick<AccountsClient, 'publishOutbox'> {
  calls = 0
  readonly #answers: OutboxProgress[]
  constructor(answers: OutboxProgress[]) {
    this.#answers = answers
  }
  async publishOutbox() {
    const answer = this.#answers[Math.min(this.calls, this.#answers.length - 1)]
    this.calls += 1
    if (!answer) throw new Error('away')
    return answer
  }
}

it('asks until nothing remains', async () => {
  const accounts = new CountingAccounts([
    { published: 200, remaining: 250 },
    { published: 200, remaining: 50 },
    { published: 50, remaining: 0 },
  ])
  await replayOutbox(accounts, run)
  expect(accounts.calls).toBe(3)
})

it('leaves to the next run what never ends', async () => {
  const accounts = new CountingAccounts([{ published: 0, remaining: 1 }])
  await replayOutbox(accounts, run)
  expect(accounts.calls).toBe(100)
})

it('fails when accounts does', async () => {
  await expect(replayOutbox(new CountingAccounts([]), run)).rejects.toThrow('away')
})
