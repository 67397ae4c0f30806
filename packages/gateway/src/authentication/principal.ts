import type { Principal } from '@portcullis/context'
import type { Claims, Session } from '@portcullis/sessions'

/**
 * What services may know of a session's subject. An organization that it is no member of (any more) is not active,
 * whatever the session says.
 */
export function toPrincipal(session: Session, claims: Claims): Principal {
  const membership = session.organization && claims.memberships[session.organization]
  return {
    subject: session.subject,
    session: session.id,
    organization: membership ? session.organization : null,
    roles: [...claims.roles, ...(membership ? membership.roles : [])],
    permissions: unique([...claims.permissions, ...(membership ? membership.permissions : [])]),
    claimsVersion: claims.version,
    authenticatedAt: Math.floor(session.startedAt / 1_000),
    methods: session.methods,
    assurance: session.assurance,
    custom: claims.custom,
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
