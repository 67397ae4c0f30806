import { createId, type SessionId, type SubjectId } from '@portcullis/context'
import { type Claims, createSessionStore, type SessionStore } from '@portcullis/sessions'
import { inTurns } from './in-turns.ts'

/** Whose session is live. */
export interface Person {
  readonly subject: SubjectId
  readonly session: SessionId
  /** The cookie's value. */
  readonly token: string
}

/** As long as those that are made: 26 characters. */
export const ORGANIZATION = 'org_Qm3xV8d0T2aKc5rNfWbYzg'
/** Sessions that are being started at once. */
const STARTS_AT_ONCE = 200

/** The store as a gateway has it. */
export function openStore(redisUrl: string, secret: string): Promise<SessionStore> {
  return createSessionStore({ redisUrl, name: 'login', pepper: secret, tokenKeys: [secret] })
}

/**
 * Starts a session for each of so many people.
 *
 * @returns so many of them, spread evenly.
 */
export async function startPeople(
  store: SessionStore,
  count: number,
  kept: number,
): Promise<Person[]> {
  const people: Person[] = []
  const step = Math.max(1, Math.floor(count / kept))
  await inTurns(count, STARTS_AT_ONCE, async (n) => {
    const subject = createId('usr')
    const { token, session } = await startSession(store, subject)
    if (n % step === 0) people.push({ subject, session: session.id, token })
  })
  return people.slice(0, kept)
}

/** What a browser would send. */
export function cookieOf({ token }: Person): string {
  return `sid=${token}`
}

export function startSession(store: SessionStore, subject: SubjectId) {
  const device = { kind: 'browser' } as const
  return store.start({ subject, organization: ORGANIZATION, methods: ['pwd', 'otp'], device })
}

/** Everybody's, in the least version that the asker can use. */
export function claimsOf(atLeast: number): Claims {
  return {
    version: Math.max(1, atLeast),
    roles: [],
    permissions: ['orders:read', 'orders:write'],
    memberships: {
      [ORGANIZATION]: {
        roles: ['member', 'billing'],
        permissions: ['invoices:read', 'members:read'],
      },
    },
    custom: { region: 'eu-central-1', plan: 'enterprise' },
  }
}
