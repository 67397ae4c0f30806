import type { Principal } from '@portcullis/context'
import type { Claims, OrganizationRules, Session } from '@portcullis/sessions'

/** The part of a subject's claims that matters to one session. */
export interface Grants extends Omit<Claims, 'memberships'> {
  /** In the organization that the session has active. */
  readonly membership: Claims['memberships'][keyof Claims['memberships']] | undefined
}

export function toGrants({ organization }: Session, claims: Claims): Grants {
  const { memberships, ...grants } = claims
  return { ...grants, membership: organization ? memberships[organization] : undefined }
}

/**
 * What services may know of a session's subject. An organization that it is no member of (any more), or that is suspended
 * or gone, is not active, whatever the session says.
 */
export function toPrincipal(
  session: Session,
  grants: Grants,
  rules: OrganizationRules | null,
): Principal {
  const isActive = rules !== null && !rules.suspended && grants.membership !== undefined
  const { roles, permissions } = (isActive && grants.membership) || NOTHING
  return {
    subject: session.subject,
    session: session.id,
    organization: isActive ? session.organization : null,
    roles: [...grants.roles, ...roles],
    permissions: unique(
      grants.permissions,
      permissions,
      ...roles.map((role) => permits(rules, role)),
    ),
    claimsVersion: grants.version,
    authenticatedAt: Math.floor(session.startedAt / 1_000),
    methods: session.methods,
    assurance: session.assurance,
    custom: grants.custom,
  }
}

const NOTHING = { roles: [], permissions: [] }

function permits(rules: OrganizationRules | null, role: string): readonly string[] {
  return rules && Object.hasOwn(rules.roles, role) ? (rules.roles[role] ?? []) : []
}

function unique(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())]
}
