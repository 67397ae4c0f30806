import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { signalGroup } from './signal-group.ts'

/** How long groups have to end by themselves once the parent is gone. */
const GRACE_MS = 3_000

const groups = new Set<number>()

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1))
  if (line.startsWith('+')) groups.add(pid)
  else groups.delete(pid)
}

for (const pid of groups) signalGroup(pid, 'SIGTERM')
const endsAt = performance.now() + GRACE_MS
while (groups.size > 0 && performance.now() < endsAt) {
  // A stopped process takes no SIGTERM before it goes on.
  for (const pid of groups) if (!signalGroup(pid, 'SIGCONT')) groups.delete(pid)
  await pause(50)
}
for (const pid of groups) signalGroup(pid, 'SIGKILL')
