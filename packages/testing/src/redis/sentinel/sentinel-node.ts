import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type StartedProcess, startProcess } from '../../process/start-process.ts'
import { ask, type RedisCommand, toRecord } from './ask.ts'

/** A Sentinel process. It keeps what it learnt in its configuration file over restarts. */
export interface SentinelNode extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  /** The port that it takes for the primary's. Rejects while it is frozen or gone. */
  primaryPort(): Promise<number>
  /** What it knows of each replica: `port`, `flags`, `slave-priority`, `master-link-status` and more. */
  replicas(): Promise<Record<string, string>[]>
  ask(...command: RedisCommand): Promise<unknown>
  pause(): void
  resume(): void
  kill(): Promise<void>
  restart(): Promise<void>
}

/** What every Sentinel is told at start, so that none has to find out. */
export interface SentinelPlan {
  readonly command: string
  readonly folder: string
  readonly name: string
  readonly primaryPort: number
  readonly replicaPorts: readonly number[]
  readonly sentinels: readonly { readonly port: number; readonly id: string }[]
  readonly downAfterMs: number
  readonly failoverTimeoutMs: number
}

/** How often a Sentinel asks servers what they are. Its own 10 s would make each change of a test wait. */
const INFO_PERIOD_MS = 500

export async function startSentinel(plan: SentinelPlan, index: number): Promise<SentinelNode> {
  const port = plan.sentinels[index]?.port ?? 0
  const folder = join(plan.folder, `sentinel-${index}`)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'sentinel.conf')
  await writeFile(file, configuration(plan, index))
  const send = (...command: RedisCommand) => ask(port, command)
  const launch = async () => {
    const args = [file, '--sentinel', '--port', String(port), '--bind', '127.0.0.1']
    const rest = ['--dir', folder, '--daemonize', 'no', '--logfile', '']
    const readyLine = /\+monitor master/
    const started = await startProcess({
      command: plan.command,
      args: [...args, ...rest],
      readyLine,
    })
    await send('SENTINEL', 'DEBUG', 'info-period', INFO_PERIOD_MS)
    return started
  }
  let sentinel = await launch()

  return {
    port,
    get pid() {
      return sentinel.pid
    },
    ask: send,
    async primaryPort() {
      const reply = await send('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', plan.name)
      return Number(Array.isArray(reply) ? reply[1] : 0)
    },
    async replicas() {
      const reply = await send('SENTINEL', 'REPLICAS', plan.name)
      return Array.isArray(reply) ? reply.map(toRecord) : []
    },
    pause: () => sentinel.signal('SIGSTOP'),
    resume: () => sentinel.signal('SIGCONT'),
    kill: () => kill(sentinel),
    async restart() {
      await sentinel.stop()
      sentinel = await launch()
    },
    [Symbol.asyncDispose]: () => kill(sentinel),
  }
}

function configuration(plan: SentinelPlan, index: number): string {
  const { name, sentinels } = plan
  const others = sentinels.filter((_, i) => i !== index)
  const quorum = Math.floor(sentinels.length / 2) + 1
  const lines = [
    `sentinel myid ${sentinels[index]?.id}`,
    `sentinel monitor ${name} 127.0.0.1 ${plan.primaryPort} ${quorum}`,
    `sentinel down-after-milliseconds ${name} ${plan.downAfterMs}`,
    `sentinel failover-timeout ${name} ${plan.failoverTimeoutMs}`,
    `sentinel parallel-syncs ${name} ${Math.max(1, plan.replicaPorts.length)}`,
    ...plan.replicaPorts.map((port) => `sentinel known-replica ${name} 127.0.0.1 ${port}`),
    ...others.map(({ port, id }) => `sentinel known-sentinel ${name} 127.0.0.1 ${port} ${id}`),
  ]
  return `${lines.join('\n')}\n`
}

async function kill(sentinel: StartedProcess): Promise<void> {
  sentinel.signal('SIGKILL')
  await sentinel.exited
}
