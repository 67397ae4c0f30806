import { setTimeout as pause } from 'node:timers/promises'
import { TestingError } from '../errors.ts'
import type { ProcessOptions, StartedProcess } from './start-process.ts'

const POLL_MS = 20
const SHOWN_CHARACTERS = 2_000

/** Waits until the ready line was written or the ready URL answers, whichever the options name. */
export async function waitUntilReady(
  started: StartedProcess,
  options: ProcessOptions,
): Promise<void> {
  const exit = trackExit(started)
  const endsAt = performance.now() + (options.readyTimeoutMs ?? 30_000)
  while (!(await isReady(started, options))) {
    if (exit.hasHappened) throw failure('ERR_PROCESS_EXITED', 'ended before it was ready')
    if (performance.now() >= endsAt) throw failure('ERR_PROCESS_NOT_READY', 'is not ready')
    await pause(POLL_MS)
  }

  function failure(code: 'ERR_PROCESS_EXITED' | 'ERR_PROCESS_NOT_READY', what: string) {
    const command = [options.command, ...(options.args ?? [])].join(' ')
    const written = started.output().slice(-SHOWN_CHARACTERS)
    return new TestingError(code, `${command} ${what}. It wrote:\n${written}`)
  }
}

function trackExit(started: StartedProcess): { hasHappened: boolean } {
  const exit = { hasHappened: false }
  started.exited.then(
    () => {
      exit.hasHappened = true
    },
    () => {},
  )
  return exit
}

async function isReady(started: StartedProcess, options: ProcessOptions): Promise<boolean> {
  const { readyLine, readyUrl } = options
  if (readyLine !== undefined)
    return started
      .output()
      .split('\n')
      .some((line) => readyLine.test(line))
  return readyUrl === undefined || answers(readyUrl)
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
