import {
  type CookieStore,
  createNodeTransport,
  createPortcullisClient,
} from '@portcullis/client/node'
import type { TRPCClient } from '@trpc/client'
import type { AppRouter } from 'gateway/app-router'

export type Client = TRPCClient<AppRouter>

/** A person's program somewhere: one cookie, and a client of each gateway that carries it. */
export interface Device {
  readonly name: string
  /** Of the first gateway. */
  readonly client: Client
  /** One a gateway, in order. */
  readonly clients: readonly Client[]
  /** HTTP requests that its clients have sent. */
  readonly requests: number
}

export function createDevice(name: string, userAgent: string, gateways: readonly string[]): Device {
  const transport = createNodeTransport(createStubbornStore())
  let requests = 0
  const clients = gateways.map((url) =>
    createPortcullisClient<AppRouter>({
      ...transport,
      url,
      fetch(input, init) {
        requests++
        return transport.fetch(String(input), withUserAgent(init, userAgent))
      },
    }),
  )
  const [client] = clients
  if (client === undefined) throw new TypeError('gateways is empty')
  return {
    name,
    client,
    clients,
    get requests() {
      return requests
    },
  }
}

function withUserAgent(init: object | undefined, userAgent: string): object {
  const headers = init !== undefined && 'headers' in init ? init.headers : undefined
  return { ...init, headers: { ...(headers as object | undefined), 'user-agent': userAgent } }
}

/** One that is not being cleared. */
const SESSION_COOKIE = /^(?:__Host-)?sid=./

/** Keeps a session's cookie whatever it is told, and shows it to every gateway: an honest store would hide a flaw. */
function createStubbornStore(): CookieStore {
  let cookie: string | undefined
  return {
    headerFor: async () => cookie,
    async take(_url, setCookies) {
      for (const line of setCookies) {
        const [pair = ''] = line.split(';', 1)
        if (SESSION_COOKIE.test(pair)) cookie = pair
      }
    },
    async clear() {
      cookie = undefined
    },
  }
}
