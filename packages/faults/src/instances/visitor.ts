import type { SessionId, SubjectId } from '@portcullis/context'

/** Somebody with a session, and contexts that gateways made for it, by service. */
export interface Visitor {
  readonly name: string
  readonly cookie: string
  readonly session: SessionId
  readonly subject: SubjectId
  /** The newest. */
  readonly contexts: Map<string, string>
  /** The first ones, which say what was true when it signed in. */
  readonly firstContexts: Map<string, string>
}
