import { readdir, readFile } from 'node:fs/promises'

/** What Linux calls USER_HZ: the unit of times in /proc, the same on every machine. */
const TICKS_PER_SECOND = 100

/** Fields of /proc/<pid>/stat after the name in brackets, proc_pid_stat(5). */
const FIELDS = { parent: 1, user: 11, system: 12, childrenUser: 13, childrenSystem: 14 }

/**
 * Processor time that a process, its children and theirs have used so far, those that have ended included, in
 * microseconds. The kernel counts it in steps of 10 ms. Linux only.
 *
 * @throws {Error} when there is no such process.
 */
export async function processorUsOf(pid: number): Promise<number> {
  const processes = await readProcesses()
  if (!processes.has(pid)) throw new Error(`no process ${pid}`)
  const ticks = [...processes]
    .filter(([each]) => isWithin(each, pid, processes))
    .reduce((sum, [, { ticks }]) => sum + ticks, 0)
  return (ticks * 1_000_000) / TICKS_PER_SECOND
}

interface ProcessFacts {
  readonly parent: number
  readonly ticks: number
}

async function readProcesses(): Promise<Map<number, ProcessFacts>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const read = pids.map(async (pid) => [pid, await readProcess(pid)] as const)
  const found = await Promise.all(read)
  return new Map(found.flatMap(([pid, facts]) => (facts ? [[pid, facts]] : [])))
}

/** Nothing for one that has just ended. */
async function readProcess(pid: number): Promise<ProcessFacts | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name may contain spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const at = (field: keyof typeof FIELDS) => Number(fields[FIELDS[field]])
  const ticks = at('user') + at('system') + at('childrenUser') + at('childrenSystem')
  return { parent: at('parent'), ticks }
}

function isWithin(pid: number, root: number, processes: Map<number, ProcessFacts>): boolean {
  for (let each = pid; each > 0; each = processes.get(each)?.parent ?? 0) {
    if (each === root) return true
  }
  return false
}
