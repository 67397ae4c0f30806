import { SessionError, type SessionStore } from '../../src/index.ts'
import type { Contender } from './contender.ts'

/** Requests on one connection, sign-outs on another; a request writes all that one can write about a session. */
export function createPortcullis(requests: SessionStore, signOuts: SessionStore): Contender {
  let people = 0
  return {
    async signIn() {
      people += 1
      const { token } = await requests.start({ subject: `usr_${people}`, methods: ['pwd'] })
      return token
    },

    async beginRequest(cookie) {
      const loaded = await requests.load(cookie)
      return async () => {
        if (!loaded) return
        const { id, subject } = loaded.session
        await requests.touch([{ id, ageMs: 0 }])
        await requests.switchOrganization(id, 'org_acme').catch(ignoreEnded)
        const claims = { version: 1, roles: [], permissions: [], memberships: {}, custom: {} }
        await requests.storeClaims(subject, claims, loaded.point)
      }
    },

    async signOut(cookie) {
      const loaded = await signOuts.load(cookie)
      if (loaded) await signOuts.revoke({ session: loaded.session.id }, { cause: 'sign-out' })
    },

    isAlive: async (cookie) => (await requests.load(cookie)) !== null,

    async [Symbol.asyncDispose]() {},
  }
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof SessionError)) throw error
}
