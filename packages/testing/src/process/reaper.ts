import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const REAPER_MAIN = fileURLToPath(new URL('./reaper-main.ts', import.meta.url))

let reaper: ChildProcessByStdio<Writable, null, null> | undefined

/**
 * Ends the process group that `pid` leads once this process is gone, however it went, SIGKILL included. One small
 * process does so for all; it notices by the end of its standard input.
 */
export function reapWithParent(pid: number): void {
  tell(`+${pid}`)
}

/** The group has ended; its number may be another's soon. */
export function forgetGroup(pid: number): void {
  tell(`-${pid}`)
}

function tell(line: string): void {
  reaper ??= startReaper()
  reaper.stdin.write(`${line}\n`)
}

function startReaper(): ChildProcessByStdio<Writable, null, null> {
  // Detached: Ctrl-C in a terminal goes to the whole group, and the reaper has to outlive its parent.
  const child = spawn(process.execPath, [REAPER_MAIN], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
  return child
}
