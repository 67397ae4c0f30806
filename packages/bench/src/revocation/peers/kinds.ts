import { z } from 'zod'
import type { Cut } from './cuttable-redis.ts'

/** Somebody who is signed in. */
interface SignedIn {
  readonly headers: Readonly<Record<string, string>>
  /** At the instance where they signed in. Resolves when the call returns. */
  signOut(): Promise<void>
}

/** One way to keep sessions behind several instances. */
export interface Kind {
  readonly name: string
  readonly script: URL
  /** What only a request with a valid credential is answered with 200. */
  readonly path: string
  /** Which cuts make a difference: who has no subscriber cannot lose one. */
  readonly cuts: readonly Cut[]
  /** Whether it refuses at once when nothing is cut, so that it is measured many times. */
  readonly isPrompt: boolean
  signIn(url: string): Promise<SignedIn>
}

const CACHED: readonly Cut[] = ['none', 'subscriber', 'all']
const WITHOUT_SUBSCRIBER: readonly Cut[] = ['none', 'all']

export const KINDS = {
  portcullis: {
    name: 'Portcullis',
    script: new URL('./servers/portcullis-main.ts', import.meta.url),
    path: '/orders.get',
    cuts: CACHED,
    isPrompt: true,
    async signIn(url) {
      const response = await post(`${url}/session.signIn`, { body: { name: 'ada' } })
      const headers = { cookie: cookiesOf(response) }
      const { id: session } = signedInSchema.parse(await response.json()).result.data
      return {
        headers,
        // With a receipt that says that it is enforced; a sign-out waits for less.
        signOut: () => done(post(`${url}/session.revoke`, { headers, body: { session } })),
      }
    },
  },
  localCache: {
    name: 'connect-redis, bentocache',
    script: new URL('./servers/local-cache-main.ts', import.meta.url),
    path: '/me',
    cuts: CACHED,
    isPrompt: true,
    async signIn(url) {
      const headers = { cookie: cookiesOf(await post(`${url}/sign-in`, {})) }
      return { headers, signOut: () => done(post(`${url}/sign-out`, { headers })) }
    },
  },
  betterAuth: {
    name: 'Better Auth, cookie cache',
    script: new URL('./servers/better-auth-main.ts', import.meta.url),
    path: '/me',
    cuts: WITHOUT_SUBSCRIBER,
    isPrompt: false,
    async signIn(url) {
      const origin = { origin: 'http://127.0.0.1' }
      const person = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse' }
      const body = { ...person, name: 'Ada' }
      const cookie = cookiesOf(
        await post(`${url}/api/auth/sign-up/email`, { headers: origin, body }),
      )
      const headers = { ...origin, cookie }
      return {
        headers: { cookie },
        signOut: () => done(post(`${url}/api/auth/sign-out`, { headers, body: {} })),
      }
    },
  },
  denylist: {
    name: 'JWT, denylist in Redis',
    script: new URL('./servers/denylist-main.ts', import.meta.url),
    path: '/me',
    cuts: WITHOUT_SUBSCRIBER,
    isPrompt: true,
    async signIn(url) {
      const token = await (await post(`${url}/sign-in`, {})).text()
      const headers = { authorization: `Bearer ${token}` }
      return { headers, signOut: () => done(post(`${url}/sign-out`, { headers })) }
    },
  },
} as const satisfies Record<string, Kind>

const signedInSchema = z.object({ result: z.object({ data: z.object({ id: z.string() }) }) })

interface Post {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

/** @throws {Error} unless the answer is a good one. */
async function post(url: string, { headers, body }: Post): Promise<Response> {
  const json = body ? { 'content-type': 'application/json' } : {}
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...json },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response
}

async function done(posted: Promise<Response>): Promise<void> {
  await (await posted).arrayBuffer()
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
}
