import { mkdir } from 'node:fs/promises'
import { relative } from 'node:path'
import { declareNewInstallation } from '@portcullis/revocation'
import { probeRedis, type RedisFacts, startRedis } from '@portcullis/testing'
import { REDIS_CONFIGURATION, ROOT } from './paths.ts'

export interface ProvidedRedis extends AsyncDisposable {
  /** Sessions and the event log. */
  readonly url: string
  readonly jobsUrl: string
  /** Which server this is, for people. */
  readonly description: string
}

export interface RedisNeeds {
  /** REDIS_URL and JOBS_REDIS_URL of the environment. */
  readonly environment: NodeJS.ProcessEnv
  /** Where a server that we start keeps its data. */
  readonly folder: string
  readonly say: (line: string) => void
  /** The server that may run already. Default redis://127.0.0.1:6379. */
  readonly localUrl?: string
}

const OLDEST_MAJOR = 7

/**
 * A Redis for development: REDIS_URL, else the server on 6379 if it suits, else one of our own with its data in
 * `folder`, of which the binary is found or installed. Disposal ends only what was started here.
 */
export async function provideRedis(needs: RedisNeeds): Promise<ProvidedRedis> {
  const { REDIS_URL, JOBS_REDIS_URL } = needs.environment
  if (REDIS_URL) return existing(REDIS_URL, JOBS_REDIS_URL, 'REDIS_URL')

  const localUrl = needs.localUrl ?? 'redis://127.0.0.1:6379'
  const facts = await probeRedis(localUrl)
  const objection = facts === null ? null : objectionTo(facts)
  if (facts !== null && objection === null) {
    return existing(localUrl, undefined, `the server already there, ${facts.version}`)
  }
  if (objection !== null) needs.say(`The Redis at ${localUrl} is left alone: ${objection}.`)
  return startOwn(needs.folder)
}

/** Why a server does not suit, or null. */
function objectionTo({ version, maxmemoryPolicy }: RedisFacts): string | null {
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) return `it is ${version}, older than 7.0`
  if (maxmemoryPolicy !== 'noeviction') return `it evicts (maxmemory-policy ${maxmemoryPolicy})`
  return null
}

function existing(url: string, jobsUrl: string | undefined, description: string): ProvidedRedis {
  return {
    url,
    jobsUrl: jobsUrl || nextDatabase(url),
    description,
    [Symbol.asyncDispose]: async () => {},
  }
}

async function startOwn(folder: string): Promise<ProvidedRedis> {
  await mkdir(folder, { recursive: true })
  const server = await startRedis({ folder, args: [REDIS_CONFIGURATION] })
  await declareNewInstallation({ redisUrl: `${server.url}/0` })
  return {
    url: `${server.url}/0`,
    jobsUrl: `${server.url}/1`,
    description: `our own, data in ${relative(ROOT, folder)}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Jobs live one database further on the same server. */
function nextDatabase(url: string): string {
  const jobs = new URL(url)
  jobs.pathname = `/${Number(jobs.pathname.slice(1) || 0) + 1}`
  return jobs.href
}
