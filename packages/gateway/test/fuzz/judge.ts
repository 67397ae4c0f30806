import { parseTarget, serviceOf } from '../../src/request/target.ts'
import type { FuzzRequest } from './arbitraries.ts'
import { FORGED } from './arbitraries.ts'
import type { Exchanged } from './exchange.ts'
import type { FuzzedGateway } from './fuzzed-gateway.ts'

const LIMITS = { urlBytes: 14_336, batchSize: 50 }

/** What is wrong with the answers to one request; nothing most of the time. */
export function judgeAnswer({ received, isOver }: Exchanged): string[] {
  const wrong: string[] = []
  if (!isOver) wrong.push('the connection was left open')
  for (const [, status = '', rest = ''] of received.matchAll(ANSWER)) {
    // What the gateway fails with names itself; a service's own failures are counted there.
    const code = /"portcullis":\{"code":"(\w+)"/.exec(rest)?.[1]
    if (code !== undefined) wrong.push(`answered ${status} ${code}`)
  }
  return wrong
}

const ANSWER = /HTTP\/1\.1 (5\d\d)(.*?)(?=HTTP\/1\.1 \d|$)/gs

/** Answers of 500 and more, by whomever. */
export function countFailures({ received }: Exchanged): number {
  return [...received.matchAll(/^HTTP\/1\.1 5\d\d/gm)].length
}

/**
 * What is wrong with the requests that services got for a group of requests: each has to be one that the gateway's own
 * reading allows, and that tRPC reads as the same calls.
 */
export function judgeForwarded(gateway: FuzzedGateway, group: readonly FuzzRequest[]): string[] {
  const isAllBuilt = group.every(({ kind }) => kind === 'built')
  const isAnySignedIn = group.some(({ isSignedIn }) => isSignedIn)
  // RFC 9112 section 3: spaces behind a target may be taken for one.
  const asked = new Set(group.flatMap(({ target }) => callsOf(target.replace(/ +$/, '')) ?? []))
  return [...gateway.services].flatMap(([name, { seen }]) =>
    seen.flatMap(({ url = '', rawHeaders }) => {
      const wrong: string[] = []
      const calls = callsOf(url)
      if (calls === undefined) return [`${name} got ${url}, which the gateway would refuse`]
      if (calls.some((call) => serviceOf(call) !== name)) wrong.push(`${name} got ${url}`)
      if (calls.join() !== callsByTrpc(url).join()) wrong.push(`${name} reads ${url} differently`)
      const values = rawHeaders.filter((_, index) => index % 2 === 1)
      if (values.some((value) => value.includes(gateway.token))) wrong.push('a token got out')
      if (!isAllBuilt) return wrong
      if (calls.some((call) => !asked.has(call))) wrong.push(`nobody asked ${name} for ${url}`)
      if (values.some((value) => value.includes(FORGED))) wrong.push(`${name} got a forged header`)
      const contexts = rawHeaders.filter(
        (header) => header.toLowerCase() === 'x-portcullis-context',
      )
      if (contexts.length > (isAnySignedIn ? 1 : 0)) wrong.push(`${name} got a context too many`)
      return wrong
    }),
  )
}

/** The calls that the gateway reads in a target; undefined if it refuses it. */
function callsOf(target: string): readonly string[] | undefined {
  try {
    return parseTarget(target, LIMITS).paths
  } catch {
    return undefined
  }
}

/** As `@trpc/server` 11 reads it. */
function callsByTrpc(url: string): string[] {
  const { pathname, searchParams } = new URL(url, 'http://service')
  const path = decodeURIComponent(pathname.slice(1))
  return searchParams.get('batch') === '1' ? path.split(',') : [path]
}
