import { describe, expect, it } from 'vitest'
import { runAttempt } from './attempt.ts'

const never = () => new Promise<void>(() => {})

describe('runAttempt', () => {
  it('ends after its time even when the work does not listen', async () => {
    const attempt = runAttempt(never, { timeoutMs: 5, cancelled: undefined })
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_JOB_TIMED_OUT' })
  })

  it('ends when cancelled, and the work is told', async () => {
    const cancel = new AbortController()
    let told: AbortSignal | undefined
    const attempt = runAttempt(
      (signal) => {
        told = signal
        return never()
      },
      { timeoutMs: 60_000, cancelled: cancel.signal },
    )
    cancel.abort('the worker shuts down')
    await expect(attempt).rejects.toThrow('the worker shuts down')
    expect(told?.aborted).toBe(true)
  })

  it('passes on what the work came to', async () => {
    const options = { timeoutMs: 60_000, cancelled: undefined }
    await expect(runAttempt(async () => {}, options)).resolves.toBeUndefined()
    const failing = runAttempt(() => Promise.reject(new Error('no')), options)
    await expect(failing).rejects.toThrow('no')
  })
})
