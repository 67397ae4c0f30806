import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { eventually } from '../eventually.ts'
import { type MonitoredCommand, monitorCommands } from './monitor.ts'

export interface CountedCommand {
  /** Name of the connection it came over, as CLIENT SETNAME gave it; the address if it has none. */
  readonly connection: string
  /** In lower case. */
  readonly command: string
  readonly args: readonly string[]
}

export interface CommandCount extends AsyncDisposable {
  /** How many commands came over each named connection since the start or the last `reset`. */
  byConnection(): Promise<Map<string, number>>
  /** All of them, in the order in which the server ran them. */
  commands(): Promise<readonly CountedCommand[]>
  reset(): Promise<void>
  stop(): Promise<void>
}

const OWN_NAME = 'portcullis:count-commands'

/**
 * Counts what a server executes, on the server itself: MONITOR, joined with the names of connections. A script counts
 * once, not for what it calls. Replies to a question include everything the server ran before it. Its own commands are
 * left out. MONITOR halves a server's throughput: not for benchmarks.
 */
export async function countCommands(redisUrl: string): Promise<CommandCount> {
  const control = new Redis(redisUrl, { connectionName: OWN_NAME })
  const names = new Map<string, string>()
  let seen: MonitoredCommand[] = []
  const monitor = await monitorCommands(redisUrl, (ran) => {
    if (ran.address === 'lua') return
    const command = ran.command.toLowerCase()
    seen.push({ ...ran, command })
    const [verb = '', name = ''] = ran.args
    if (command === 'client' && /^setname$/i.test(verb)) names.set(ran.address, name)
  })

  /** Everything before the marker has been seen once the marker has. */
  async function flush(): Promise<void> {
    await rememberNames(control, names)
    const marker = randomUUID()
    await control.echo(marker)
    await eventually(() => {
      if (seen.some(({ args }) => args[0] === marker)) return
      throw new Error('MONITOR has not shown the marker')
    })
  }

  async function commands(): Promise<CountedCommand[]> {
    await flush()
    return seen
      .map(({ address, ...rest }) => ({ connection: names.get(address) ?? address, ...rest }))
      .filter(({ connection }) => connection !== OWN_NAME)
  }

  async function stop(): Promise<void> {
    control.disconnect()
    await monitor[Symbol.asyncDispose]()
  }

  await flush()
  seen = []
  return {
    commands,
    async byConnection() {
      const counts = new Map<string, number>()
      for (const { connection } of await commands()) {
        counts.set(connection, (counts.get(connection) ?? 0) + 1)
      }
      return counts
    },
    async reset() {
      await flush()
      seen = []
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** CLIENT LIST: `id=3 addr=127.0.0.1:41234 laddr=... name=gateway:commands age=...` */
async function rememberNames(control: Redis, names: Map<string, string>): Promise<void> {
  const list = String(await control.client('LIST'))
  for (const [, address = '', name = ''] of list.matchAll(/ addr=(\S+) .*? name=(\S*) /g)) {
    if (name !== '') names.set(address, name)
  }
}
