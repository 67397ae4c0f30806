import fc from 'fast-check'
import { builtRequests, bytesRequests, type FuzzRequest } from './arbitraries.ts'
import { exchange } from './exchange.ts'
import { type FuzzedGateway, startFuzzedGateway } from './fuzzed-gateway.ts'
import { countFailures, judgeAnswer, judgeForwarded } from './judge.ts'

export interface FuzzOptions {
  readonly requests: number
  readonly seed: number
  /** Told how far it is. */
  onProgress?(sent: number): void
}

/** What a run found. */
export interface FuzzReport {
  readonly sent: number
  /** Answers by status, 0 for none. */
  readonly statuses: ReadonlyMap<number, number>
  /** Requests that reached a service. */
  readonly forwarded: number
  /** What went wrong, with the request as JSON text; at most 20. */
  readonly findings: readonly string[]
  /** What the gateway's process wrote: nothing, if it lives and nothing failed in it. */
  readonly complaints: string
}

/** Requests that are judged together. */
const GROUP = 64
/** Groups whose requests are made at a time. */
const CHUNK = 500
const MAX_FINDINGS = 20

/** Sends random requests to a real gateway, two of three made of parts and one of bytes, and judges what becomes of each. */
export async function fuzz({ requests, seed, onProgress }: FuzzOptions): Promise<FuzzReport> {
  await using gateway = await startFuzzedGateway()
  const statuses = new Map<number, number>()
  const findings: string[] = []
  let sent = 0
  let forwarded = 0
  let before: readonly FuzzRequest[] = []
  for (let part = 0; sent < requests; part++) {
    for (const group of makeGroups(gateway, seed + part, Math.min(CHUNK, requests - sent))) {
      const { found, answers, reached } = await sendGroup(gateway, group, before, sent)
      findings.push(...found.slice(0, MAX_FINDINGS - findings.length))
      for (const status of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
      forwarded += reached
      before = group
      sent += group.length
    }
    onProgress?.(sent)
  }
  return { sent, statuses, forwarded, findings, complaints: gateway.complaints() }
}

/** Each of one kind, so that what is known of built ones can be held against what arrives. */
function makeGroups(gateway: FuzzedGateway, seed: number, count: number): FuzzRequest[][] {
  const builtCount = Math.ceil((count * 2) / 3)
  const built = fc.sample(builtRequests(gateway.token), { seed, numRuns: builtCount })
  const bytes =
    count > builtCount ? fc.sample(bytesRequests(), { seed, numRuns: count - builtCount }) : []
  return [built, bytes].flatMap((requests) =>
    Array.from({ length: Math.ceil(requests.length / GROUP) }, (_, index) =>
      requests.slice(index * GROUP, (index + 1) * GROUP),
    ),
  )
}

/** @param before The group before it: what of it was under way when its clients left may arrive late. */
async function sendGroup(
  gateway: FuzzedGateway,
  group: readonly FuzzRequest[],
  before: readonly FuzzRequest[],
  serial: number,
) {
  gateway.forget()
  const answers = await Promise.all(
    group.map(({ bytes }, index) => exchange(gateway.port, bytes, serial + index)),
  )
  const found = answers.flatMap((answer, index) =>
    judgeAnswer(answer).map((wrong) => describe(wrong, [group[index] as FuzzRequest])),
  )
  found.push(
    ...judgeForwarded(gateway, [...before, ...group]).map((wrong) => describe(wrong, group)),
  )
  const failures = answers.reduce((sum, answer) => sum + countFailures(answer), 0)
  if (failures > gateway.serviceFailures()) {
    found.push(describe(`${failures} failures, ${gateway.serviceFailures()} by services`, group))
  }
  const seen = [...gateway.services.values()].map((service) => service.seen.length)
  return {
    found,
    answers: answers.map(({ received }) => Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0)),
    reached: seen.reduce((sum, count) => sum + count, 0),
  }
}

function describe(wrong: string, requests: readonly FuzzRequest[]): string {
  const texts = requests.map(({ bytes }) => JSON.stringify(bytes.toString('latin1')))
  return `${wrong}: ${texts.join('\n  ')}`
}
