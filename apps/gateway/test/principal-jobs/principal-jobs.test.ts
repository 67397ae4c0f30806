import type { Principal } from '@portcullis/context'
import type { PrincipalRun } from '@portcullis/jobs'
import { eventually } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LEASE_MS, startInstallation, untilStopped } from './installation.ts'

let installation: Awaited<ReturnType<typeof startInstallation>>
beforeEach(async () => {
  installation = await startInstallation()
})
afterEach(() => installation?.[Symbol.asyncDispose]())

const data = { month: '2026-11' }
const WAIT = { timeoutMs: 20_000 }

async function resultOf(id: string): Promise<unknown> {
  return eventually(async () => {
    const found = await installation.queue.find(id)
    expect(found?.state).toBe('completed')
    return found?.result
  }, WAIT)
}

/** A worker whose job runs until it is told to stop, and what it was told and when. */
async function startLongJob() {
  const seen = {
    runs: 0,
    principal: undefined as Principal | undefined,
    stoppedAt: 0,
    isCurrent: true,
  }
  let running: PrincipalRun | undefined
  const worker = await installation.work(async (run) => {
    seen.runs += 1
    running = run
    await untilStopped(run).finally(() => {
      seen.stoppedAt = performance.now()
      seen.isCurrent = run.isCurrent()
    })
  })
  const { session, carrier } = await installation.signIn()
  await installation.queue.add(data, { id: 'job_1', for: carrier })
  await eventually(() => expect(running).toBeDefined(), WAIT)
  return {
    seen,
    session,
    run: () => running as PrincipalRun,
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  }
}

describe('a job on behalf of somebody', () => {
  test('has them as they are when it starts, and its result says that it is done', async () => {
    const seen: Principal[] = []
    await using _ = await installation.work(async ({ principal, isCurrent }) => {
      if (isCurrent()) seen.push(principal)
    })
    const { carrier } = await installation.signIn()
    await installation.queue.add(data, { id: 'job_1', for: carrier })
    expect(await resultOf('job_1')).toEqual({ outcome: 'done' })
    expect(seen).toMatchObject([{ subject: 'usr_ada', permissions: ['orders:export'] }])
  })

  test('leaves in the queue who it is for by ids alone', async () => {
    const { carrier } = await installation.signIn()
    await installation.queue.add(data, { id: 'job_1', for: carrier })
    const redis = new Redis(installation.jobsRedis.url)
    const stored = await redis.hget('{pc-jobs}:orders.export:job_1', 'data')
    redis.disconnect()
    expect(JSON.parse(stored ?? '')).toEqual({ for: carrier, data })
    expect(Object.keys(carrier).toSorted()).toEqual([
      'organization',
      'position',
      'session',
      'subject',
    ])
  })
})

describe('a job that is running', () => {
  test('is told to stop when its session is revoked, before the receipt, and says so', async () => {
    await using job = await startLongJob()
    const receipt = await installation.gateway.revoke(
      { session: job.session.id },
      { reason: 'stolen' },
    )
    const enforcedAt = performance.now()
    expect(receipt.level).toBe('enforced')
    expect(await resultOf('job_1')).toEqual({ outcome: 'stopped', reason: 'session-ended' })
    expect(job.seen).toMatchObject({ runs: 1, isCurrent: false })
    expect(job.seen.stoppedAt).toBeLessThan(enforcedAt)
  })

  test('is told to stop when the permission that it needs is taken away', async () => {
    await using job = await startLongJob()
    const changedAt = performance.now()
    await installation.change(['orders:read'])
    expect(await resultOf('job_1')).toEqual({ outcome: 'stopped', reason: 'permission-missing' })
    expect(job.seen.stoppedAt - changedAt).toBeLessThan(5 * LEASE_MS)
  })

  test('goes on when something else changes, with the person as they are now', async () => {
    await using job = await startLongJob()
    await installation.change(['orders:export', 'orders:read'])
    await eventually(() => {
      expect(job.run().principal.permissions).toEqual(['orders:export', 'orders:read'])
    }, WAIT)
    expect(job.run().isCurrent()).toBe(true)
    await installation.gateway.revoke({ subject: 'usr_ada' }, { reason: 'left' })
    expect(await resultOf('job_1')).toEqual({ outcome: 'stopped', reason: 'session-ended' })
  })

  test('is told to stop when nobody can tell for longer than a lease', async () => {
    await using job = await startLongJob()
    installation.road.dropUp()
    installation.road.dropDown()
    expect(await resultOf('job_1')).toEqual({ outcome: 'stopped', reason: 'unverifiable' })
    expect(job.seen.isCurrent).toBe(false)
  })
})

describe('a job that has not started', () => {
  test('is refused when its session ended, its organization was left or its permission is gone', async () => {
    const { gateway, queue, signIn } = installation
    const ended = await signIn()
    await queue.add(data, { id: 'ended', for: ended.carrier })
    await gateway.revoke({ session: ended.session.id }, { reason: 'sign-out' })
    const other = await signIn()
    const elsewhere = { ...other.carrier, organization: 'org_globex' } as const
    await queue.add(data, { id: 'elsewhere', for: elsewhere })
    const cut = await signIn()
    await queue.add(data, { id: 'cut', for: cut.carrier })
    const without = await signIn()
    await gateway.revoke({ organization: 'org_acme' }, { reason: 'contract-ended' })
    const later = await signIn()
    await queue.add(data, { id: 'later', for: later.carrier })
    await queue.add(data, { id: 'without', for: without.carrier })

    let runs = 0
    await using _ = await installation.work(async () => {
      runs += 1
    })
    const refused = { outcome: 'refused', reason: 'session-ended' }
    for (const id of ['ended', 'elsewhere', 'cut', 'without']) {
      expect([id, await resultOf(id)]).toEqual([id, refused])
    }
    expect(await resultOf('later')).toEqual({ outcome: 'done' })
    expect(runs).toBe(1)

    await installation.change([])
    await queue.add(data, { id: 'forbidden', for: later.carrier })
    expect(await resultOf('forbidden')).toEqual({
      outcome: 'refused',
      reason: 'permission-missing',
    })
    expect(runs).toBe(1)
  })

  test('is tried again, and not run, while no gateway can say who it is for', async () => {
    const { carrier } = await installation.signIn()
    await installation.closeGateway()
    let runs = 0
    await using _ = await installation.work(async () => {
      runs += 1
    })
    await installation.queue.add(data, { id: 'job_1', for: carrier })
    await eventually(async () => {
      expect(await installation.queue.find('job_1')).toMatchObject({ state: 'failed', attempts: 5 })
    }, WAIT)
    expect(runs).toBe(0)
  })
})
