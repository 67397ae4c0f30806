import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineJob } from './job.ts'
import { parseData } from './parse-data.ts'

describe('defineJob', () => {
  it('refuses a name that cannot be a queue, and limits that are none', () => {
    const data = z.object({})
    for (const name of ['', 'Outbox', 'outbox:replay', 'outbox..replay', '1st']) {
      expect(() => defineJob({ name, data })).toThrow(TypeError)
    }
    expect(() => defineJob({ name: 'a', data, attempts: 0 })).toThrow('attempts')
    expect(() => defineJob({ name: 'a', data, timeoutMs: 0.5 })).toThrow('timeoutMs')
    expect(() =>
      defineJob({ name: 'a', data, backoff: { type: 'fixed', delayMs: Number.NaN } }),
    ).toThrow('backoff.delayMs')
  })

  it('gives every job bounded attempts, time and retention', () => {
    const job = defineJob({ name: 'outbox.replay', data: z.object({}) })
    expect(job).toMatchObject({ attempts: 5, timeoutMs: 60_000 })
    expect(job.retention.completed.count).toBe(1_000)
    expect(job.retention.failed.count).toBe(1_000)
  })
})

describe('parseData', () => {
  it('refuses data of another form with a code and without its values', () => {
    const job = defineJob({ name: 'mail.send', data: z.object({ to: z.email() }) })
    expect(parseData(job, { to: 'ada@example.com' })).toEqual({ to: 'ada@example.com' })
    expect(() => parseData(job, { to: 'hunter2' })).toThrow(
      expect.objectContaining({
        code: 'ERR_JOB_DATA_INVALID',
        message: expect.not.stringContaining('hunter2'),
      }),
    )
  })
})
