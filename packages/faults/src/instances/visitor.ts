import type { SessionId, SubjectId } from '@portcullis/context'

/** Somebody with a session, and the newest contexts that gateways made for it, by service. */
export interface Visitor {
  readonly name: string
  readonly cookie: string
  readonly session: SessionId
  readonly subject: SubjectId
  readonly contexts: Map<string, string>
}
