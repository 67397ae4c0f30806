import { createCookieStore, createPortcullisClient } from '@portcullis/client/node'
import { createTRPCClient, httpBatchLink, httpLink, type TRPCClient } from '@trpc/client'
import type { AppRouter } from '../../src/app-router.ts'

export type Client = TRPCClient<AppRouter>
type Session = Awaited<ReturnType<Client['session']['signIn']['mutate']>>
interface Address {
  readonly url: string
}

/** A device that a person has signed in on. */
export interface Device {
  readonly session: Session
  /** Portcullis's client, at the gateway where the person signed in; it keeps cookies as a browser does. */
  readonly client: Client
  /** `name=value` of the session's cookie. */
  readonly cookie: string
  /**
   * tRPC's own client, which presents this cookie for ever: unlike a browser it forgets none that was ended, as whoever
   * has stolen one. One request a call, or with `batch` one for all calls of a moment.
   */
  at(gateway: Address, options?: { batch?: boolean; onRequest?: () => void }): Client
}

export type Person = 'ada' | 'grace' | 'linus'

export async function signIn(gateway: Address, person: Person): Promise<Device> {
  const cookies = createCookieStore()
  const client = createPortcullisClient<AppRouter>({ url: gateway.url, cookies })
  const email = `${person}@example.com`
  const session = await client.session.signIn.mutate({ email, password: 'portcullis' })
  const cookie = (await cookies.headerFor(gateway.url)) ?? ''
  return {
    session,
    client,
    cookie,
    at({ url }, { batch = false, onRequest } = {}) {
      const link = batch ? httpBatchLink : httpLink
      const send = (input: unknown, init?: object) => {
        onRequest?.()
        return fetch(String(input), init)
      }
      return createTRPCClient<AppRouter>({
        links: [link({ url, headers: { cookie }, fetch: send })],
      })
    },
  }
}
