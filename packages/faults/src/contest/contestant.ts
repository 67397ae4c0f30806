import type { Servers } from '../constellation/servers.ts'
import type { Outcome, RevocationAttempt } from '../history/history.ts'

/** Somebody with a session. */
export interface Ticket {
  readonly name: string
  readonly cookie: string
}

/** A way to keep sessions, with two instances on servers that fail over. */
export interface Contestant extends AsyncDisposable {
  readonly servers: Servers
  readonly instances: readonly string[]
  signIn(name: string): Promise<Ticket>
  /** Whether the session may act, says that instance now. Never rejects. */
  decide(instance: string, ticket: Ticket): Promise<Outcome>
  /** Ends the session, or says what else is known; never rejects. What resolves without a doubt counts as `enforced`. */
  end(ticket: Ticket): Promise<RevocationAttempt>
}
