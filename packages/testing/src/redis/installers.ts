import { type CommandRunner, installWithApt, runCommand } from '../apt.ts'
import { findCommand, findOnPath } from './redis-on-path.ts'

interface InstallContext {
  readonly path: string
  readonly say: (line: string) => void
}

/** A way to get a Redis server that the machine does not have yet. */
export interface RedisInstaller {
  readonly name: string
  /** True if it installs for the whole system; refused by PORTCULLIS_INSTALL=never. */
  readonly changesSystem: boolean
  /** The installed server's path; null if this way is not open here. */
  install(context: InstallContext): Promise<string | null>
}

/** apt as root, else Homebrew: the package managers that need no question. */
export function systemPackages(
  run: CommandRunner = runCommand,
  isRoot = process.getuid?.() === 0,
): RedisInstaller {
  return {
    name: 'the package manager',
    changesSystem: true,
    async install({ path, say }) {
      if (isRoot && (await findCommand('apt-get', path))) {
        const wanted = { package: 'redis-server', service: 'redis-server' }
        await installWithApt({ ...wanted, say, run })
      } else if (await findCommand('brew', path)) await installWithBrew(run, say)
      else return null
      return findOnPath(path)
    },
  }
}

/** `redis-memory-server`: downloads the source and compiles it beside the dependencies. Needs make and a compiler. */
export const compiledRedis: RedisInstaller = {
  name: 'redis-memory-server',
  changesSystem: false,
  async install({ path, say }) {
    if (!(await findCommand('make', path))) return null
    say('Compiling a Redis server with redis-memory-server; this takes some minutes, once.')
    const { default: module } = await import('redis-memory-server/lib/util/RedisBinary.js')
    return module.default.getPath()
  },
}

async function installWithBrew(run: CommandRunner, say: (line: string) => void): Promise<void> {
  say('Installing redis with Homebrew (PORTCULLIS_INSTALL=never prevents this).')
  await run('brew', ['install', 'redis'], { ...process.env, NONINTERACTIVE: '1' })
}
