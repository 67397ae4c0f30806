import { createHmac, hkdfSync } from 'node:crypto'
import type { Session } from '@portcullis/sessions'

/** Names that tell people and sessions apart, and do not say who they are. The same for as long as the installation is. */
export interface Pseudonyms {
  ofSession(session: Session): string
  ofSubject(session: Session): string
  ofAddress(address: string): string
}

const BYTES = 12

/**
 * Keyed, because the few billion addresses there are can all be tried.
 *
 * @param pepper The installation's secret. Names here have nothing in common with the names of its records in Redis.
 */
export function createPseudonyms(pepper: string | Buffer): Pseudonyms {
  const key = Buffer.from(hkdfSync('sha256', pepper, '', 'portcullis access log', 32))
  const nameOf = (kind: string, value: string) =>
    createHmac('sha256', key).update(`${kind}:${value}`).digest().toString('base64url', 0, BYTES)
  // A cached session is the same object in every request: its names are made once.
  const sessions = new WeakMap<Session, string>()
  const subjects = new WeakMap<Session, string>()
  return {
    ofSession: (session) => remembered(sessions, session, () => nameOf('session', session.id)),
    ofSubject: (session) => remembered(subjects, session, () => nameOf('subject', session.subject)),
    ofAddress: (address) => nameOf('address', address),
  }
}

function remembered(names: WeakMap<Session, string>, session: Session, make: () => string) {
  const known = names.get(session)
  if (known !== undefined) return known
  const name = make()
  names.set(session, name)
  return name
}
