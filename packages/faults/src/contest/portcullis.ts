import { createId } from '@portcullis/context'
import { request } from 'undici'
import { startConstellation } from '../constellation/constellation.ts'
import type { Setting } from '../constellation/servers.ts'
import type { Outcome } from '../history/history.ts'
import type { Visitor } from '../instances/visitor.ts'
import type { Contestant, Ticket } from './contestant.ts'

/** Two gateways in front of services; ends of sessions wait until they are durable. */
export async function startPortcullis(setting: Setting, leaseMs: number): Promise<Contestant> {
  const constellation = await startConstellation({ setting, leaseMs, wait: 'durable' })
  const { revoker, gateways, servers } = constellation
  const visitors = new Map<string, Visitor>()
  const ids = new Map<string, string>()

  return {
    servers,
    instances: gateways.map(({ name }) => name),

    async signIn(name) {
      const visitor = await revoker.signIn(name)
      visitors.set(name, visitor)
      ids.set(name, createId('chg'))
      return visitor
    },

    async decide(instance, { cookie }) {
      const url = gateways.find(({ name }) => name === instance)?.url
      try {
        const { statusCode, body } = await request(`${url}/s1.me`, {
          headers: { cookie: `sid=${cookie}` },
        })
        await body.dump()
        return OUTCOMES[statusCode] ?? 'unverifiable'
      } catch {
        return 'lost'
      }
    },

    async end({ name }: Ticket) {
      const visitor = visitors.get(name)
      const id = ids.get(name)
      if (!visitor || !id) throw new TypeError('nobody of that name has signed in')
      return revoker.revoke(visitor, { session: visitor.session }, id)
    },

    [Symbol.asyncDispose]: () => constellation[Symbol.asyncDispose](),
  }
}

/** The service answers 401 if the gateway vouches for nobody. */
const OUTCOMES: Readonly<Record<number, Outcome>> = { 200: 'accepted', 401: 'refused' }
