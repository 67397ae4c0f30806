import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { TestingError } from '../errors.ts'
import { waitUntilReady } from './readiness.ts'
import { forgetGroup, reapWithParent } from './reaper.ts'
import { signalGroup } from './signal-group.ts'

export interface ProcessOptions {
  readonly command: string
  readonly args?: readonly string[]
  readonly cwd?: string
  /** Added to PATH, HOME and the like; nothing else of this process's environment is handed on. */
  readonly env?: NodeJS.ProcessEnv
  /** The process is ready once it writes a line that matches. */
  readonly readyLine?: RegExp
  /** The process is ready once this answers with a 2xx status. With neither it is ready at once. */
  readonly readyUrl?: string
  /** Milliseconds, default 30_000. */
  readonly readyTimeoutMs?: number
  /** Called with every line of standard output and standard error. */
  readonly onLine?: (line: string) => void
}

export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>
  /** What it wrote to standard output and standard error, the last 256 Ki characters. */
  output(): string
  /** To the process itself, not to its children. */
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, and after `timeoutMs` (default 10_000) SIGKILL; then whatever is left of its group. */
  stop(options?: { timeoutMs?: number }): Promise<ProcessExit>
}

/**
 * Starts a process in a group of its own and resolves once it is ready. It ends with `stop`, with disposal, or when
 * this process is gone for whatever reason; its own children end with it.
 *
 * @throws {TestingError} `ERR_PROCESS_EXITED`, `ERR_PROCESS_NOT_READY`, both with the last lines it wrote.
 */
export async function startProcess(options: ProcessOptions): Promise<StartedProcess> {
  const child = spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: { ...inheritedEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const pid = await pidOf(child, options.command)
  reapWithParent(pid)
  const exited = waitForExit(child, pid)
  const output = recordOutput(child, options.onLine)
  const stop = (o?: { timeoutMs?: number }) => stopProcess(child, exited, o?.timeoutMs ?? 10_000)

  const started: StartedProcess = {
    pid,
    exited,
    output,
    signal: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
  await readyOrStopped(started, options)
  return started
}

const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'TERM', 'NODE_V8_COVERAGE']
const OUTPUT_LIMIT = 256 * 1024
const LAST_LINES_MS = 200

function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]))
}

type Child = ChildProcessByStdio<null, Readable, Readable>

async function pidOf(child: Child, command: string): Promise<number> {
  if (child.pid !== undefined) return child.pid
  const [cause] = await once(child, 'error')
  throw new TestingError('ERR_PROCESS_EXITED', `${command} could not be started`, { cause })
}

async function waitForExit(child: Child, pid: number): Promise<ProcessExit> {
  const closed = once(child, 'close')
  const [code, signal] = await once(child, 'exit')
  signalGroup(pid, 'SIGKILL')
  forgetGroup(pid)
  // Its last lines may still be in the pipe, which a descendant that left the group can hold open.
  await Promise.race([closed, pause(LAST_LINES_MS)])
  return { code, signal }
}

function recordOutput(child: Child, onLine: ((line: string) => void) | undefined): () => string {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output = `${output}${line}\n`.slice(-OUTPUT_LIMIT)
      onLine?.(line)
    })
  }
  return () => output
}

async function stopProcess(
  child: Child,
  exited: Promise<ProcessExit>,
  timeoutMs: number,
): Promise<ProcessExit> {
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  child.kill('SIGTERM')
  // A stopped process takes no SIGTERM before it goes on.
  child.kill('SIGCONT')
  const exit = await exited
  clearTimeout(timer)
  return exit
}

async function readyOrStopped(started: StartedProcess, options: ProcessOptions): Promise<void> {
  try {
    await waitUntilReady(started, options)
  } catch (error) {
    await started.stop({ timeoutMs: 1_000 })
    throw error
  }
}
