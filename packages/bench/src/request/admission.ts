import { CONTEXT_HEADER } from '@portcullis/context'
import { z } from 'zod'
import { BROWSER_HEADERS } from '../peers/browser.ts'
import type { Contender } from './contenders.ts'

/** Bytes of header lines that say who a request is from. */
export interface CredentialBytes {
  /** From the client: its cookie or token. */
  readonly fromClient: number
  /** To the service: what was passed on of it, and what was put in its place. */
  readonly toService: number
}

const CREDENTIALS = ['authorization', 'cookie', 'x-user-id', CONTEXT_HEADER]
const answerSchema = z.object({
  result: z.object({ data: z.record(z.string(), z.union([z.string(), z.array(z.string())])) }),
})

/**
 * Makes sure, if it is for a contender to tell, that nobody is refused, there or by the service, and that the service hears whom a request is from.
 *
 * @throws {Error} when it is not so: then there is nothing to compare.
 */
export async function examine(
  { peer, credentials }: Contender,
  authenticates: boolean,
): Promise<CredentialBytes> {
  const [{ subject, headers } = { subject: '', headers: {} }] = credentials(0, 1)
  const fromClient = bytesOf(headers)
  if (!authenticates) return { fromClient, toService: fromClient }
  const nobody = await askReceived(peer.url, {})
  if (nobody.status !== 401) throw new Error(`nobody was answered with ${nobody.status}`)
  const somebody = await askReceived(peer.url, headers)
  if (!somebody.ok) throw new Error(`somebody was answered with ${somebody.status}`)
  const { data } = answerSchema.parse(await somebody.json()).result
  const received = Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, String(value)]),
  )
  const heard = received['x-user-id'] ?? subjectOf(received[CONTEXT_HEADER] ?? '')
  if (heard !== subject) throw new Error(`the service heard of ${heard}, not of ${subject}`)
  return { fromClient, toService: bytesOf(received) }
}

/** The headers that come to the service with a request. */
function askReceived(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${url}/orders.received`, { headers: { ...BROWSER_HEADERS, ...headers } })
}

function subjectOf(context: string): unknown {
  const payload = Buffer.from(context.split('.')[1] ?? '', 'base64url').toString()
  return z.object({ sub: z.string() }).parse(JSON.parse(payload)).sub
}

function bytesOf(headers: Readonly<Record<string, string>>): number {
  const lines = Object.entries(headers)
    .filter(([name]) => CREDENTIALS.includes(name))
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.byteLength(lines.join(''))
}
