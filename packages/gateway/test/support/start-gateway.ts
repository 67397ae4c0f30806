import {
  createId,
  createKeyRing,
  generateSigningKey,
  type OrganizationId,
  type SubjectId,
} from '@portcullis/context'
import { createKeyspace, type Keyspace } from '@portcullis/redis'
import { declareNewInstallation } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import type { Claims } from '@portcullis/sessions'
import {
  createTRPCClient,
  type HTTPBatchLinkOptions,
  httpBatchLink,
  httpBatchStreamLink,
  httpSubscriptionLink,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import { z } from 'zod'
import type { ComposeRouters } from '../../src/compose-routers.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import type { GatewayOptions } from '../../src/options.ts'
import type { GatewayRouters } from '../../src/procedures/router.ts'
import type { ServiceRouter } from './upstream.ts'

export const credentials = z.object({ email: z.string(), password: z.string() })
export type Credentials = z.infer<typeof credentials>
export type AppRouter = ComposeRouters<{ orders: ServiceRouter } & GatewayRouters<Credentials>>

export const SECRET = Buffer.alloc(32, 7).toString('base64url')

const PEOPLE: Record<
  string,
  { subject: SubjectId; roles: string[]; organizations: OrganizationId[] }
> = {
  'ada@example.com': {
    subject: 'usr_ada',
    roles: ['system:admin'],
    organizations: ['org_acme', 'org_globex'],
  },
  'grace@example.com': { subject: 'usr_grace', roles: [], organizations: ['org_acme'] },
}

export interface StartedGateway extends AsyncDisposable {
  readonly url: string
  readonly gateway: Gateway
  /** How often a password was looked at. */
  readonly verified: () => number
}

/** A whole gateway on a real Redis, with two people who share the password `portcullis`. */
export async function startGateway(
  options: Pick<GatewayOptions<Credentials>, 'redisUrl' | 'services'> &
    Partial<GatewayOptions<Credentials>>,
): Promise<StartedGateway> {
  let verified = 0
  const { redisUrl, keyspace = newKeyspace() } = options
  await declareNewInstallation({ redisUrl, keyspace })
  const gateway = await createGateway<Credentials>({
    keyspace,
    leaseMs: 1_000,
    publicUrl: 'http://127.0.0.1',
    pepper: SECRET,
    tokenKeys: [SECRET],
    keyRing: await createKeyRing({ signing: await generateSigningKey() }),
    claims: { load: async (subject) => claimsOf(subject) },
    logger: createLogger({ name: 'gateway', level: 'silent' }),
    identity: {
      input: credentials,
      async verify({ email, password }) {
        verified++
        const person = PEOPLE[email]
        if (person === undefined || password !== 'portcullis') return null
        return { subject: person.subject, methods: ['pwd'], organization: 'org_acme' }
      },
    },
    ...options,
  })
  const { url } = await gateway.listen()
  return {
    url,
    gateway,
    verified: () => verified,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
}

export function newKeyspace(): Keyspace {
  return createKeyspace(createId('t').slice(0, 20))
}

type Fetch = NonNullable<HTTPBatchLinkOptions<AppRouter['_def']['_config']['$types']>['fetch']>

/** Somebody with a cookie and a stock client. */
export function createVisitor(url: string, userAgent = 'Mozilla/5.0 (X11; Linux) Firefox/140.0') {
  const visitor = { cookie: '', setCookies: [] as string[] }
  const keepCookies: Fetch = async (input, init) => {
    const response = await fetch(input as string, init as RequestInit)
    for (const setCookie of response.headers.getSetCookie()) {
      visitor.setCookies.push(setCookie)
      if (setCookie.startsWith('sid=')) visitor.cookie = setCookie.split(';', 1)[0] as string
    }
    return response
  }
  const headers = () => ({ cookie: visitor.cookie, 'user-agent': userAgent })
  const options = { url, headers, fetch: keepCookies }
  const api = createTRPCClient<AppRouter>({ links: [httpBatchLink(options)] })
  const streaming = createTRPCClient<AppRouter>({ links: [httpBatchStreamLink(options)] })
  const subscribing = createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url, EventSource: eventSourceOf(headers) })],
  })
  const signIn = (email = 'ada@example.com') =>
    api.session.signIn.mutate({ email, password: 'portcullis' })
  return Object.assign(visitor, { api, streaming, subscribing, signIn })
}

/** One whose connections, the repeated ones too, carry these headers as they are at that moment. */
function eventSourceOf(headers: () => Record<string, string>) {
  return class extends EventSource {
    constructor(url: string) {
      super(url, {
        fetch: (input, init) =>
          fetch(input, { ...init, headers: { ...init.headers, ...headers() } }),
      })
    }
  }
}

function claimsOf(subject: SubjectId): Claims | null {
  const person = Object.values(PEOPLE).find((candidate) => candidate.subject === subject)
  if (person === undefined) return null
  const membership = { roles: ['member'], permissions: [] }
  return {
    version: 1,
    roles: person.roles,
    permissions: [],
    memberships: Object.fromEntries(person.organizations.map((id) => [id, membership])),
    custom: {},
  }
}
