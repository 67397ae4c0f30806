import { join } from 'node:path'
import { installWithApt } from '../apt.ts'
import { openCacheFolder } from '../cache-folder.ts'
import { TestingError } from '../errors.ts'
import { acquireLock } from '../exclusive-lock.ts'
import { findCommand } from '../redis/redis-on-path.ts'

export interface NginxSearch {
  /** Folders to look in, separated as in PATH. Default the environment's PATH, and where system programs are. */
  readonly path?: string
  /** `never` leaves the system's package manager alone. Default the environment's PORTCULLIS_INSTALL. */
  readonly install?: string | undefined
}

const NOT_FOUND = `nginx was not found. There are two ways to give it:
  1. install it so that it is on the PATH (Debian, Ubuntu: apt-get install nginx-light)
  2. let us install it: run as root on Debian or Ubuntu, without PORTCULLIS_INSTALL=never`

/**
 * An nginx of the machine's; installed with apt as root if there is none.
 *
 * @throws {TestingError} `ERR_NGINX_NOT_FOUND`, `ERR_LOCK_TIMEOUT`
 */
export async function findNginx({
  path = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin`,
  install = process.env['PORTCULLIS_INSTALL'],
}: NginxSearch = {}): Promise<string> {
  const found = await findCommand('nginx', path)
  if (found) return found
  using _ = await acquireLock(join(await openCacheFolder(), 'install-nginx.lock'), {
    timeoutMs: 600_000,
  })
  if (install !== 'never' && !(await findCommand('nginx', path))) await installNginx(path)
  const installed = await findCommand('nginx', path)
  if (!installed) throw new TestingError('ERR_NGINX_NOT_FOUND', NOT_FOUND)
  return installed
}

async function installNginx(path: string): Promise<void> {
  if (process.getuid?.() !== 0 || !(await findCommand('apt-get', path))) return
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  await installWithApt({ package: 'nginx-light', service: 'nginx', say })
}
