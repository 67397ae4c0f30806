import type { CommitChange } from './claims/commit-change.ts'
import type { Database } from './database/database.ts'
import type { MemberChange, MemberChanges } from './members/change-member.ts'
import type { OrganizationChanges } from './organizations/change-organization.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { PasswordHasher } from './passwords/password-hasher.ts'
import type { PersonChanges } from './people/change-person.ts'
import { findPerson } from './people/find-person.ts'
import { listOrganizations } from './people/list-organizations.ts'
import { createAdministrationRouter } from './procedures/administration-router.ts'
import { createInternalRouter } from './procedures/internal-router.ts'
import { createMembersRouter } from './procedures/members-router.ts'
import { createRolesRouter } from './procedures/roles-router.ts'
import { createSecondFactorRouter } from './procedures/second-factor-router.ts'
import { personProcedure, router } from './procedures/trpc.ts'
import type { OrganizationChange, RoleChanges } from './roles/change-role.ts'
import type { SecondFactor } from './totp/second-factor.ts'

export interface AccountsRouterOptions {
  database: Database
  passwords: PasswordHasher
  secondFactor: SecondFactor
  commit: CommitChange
  members: MemberChanges
  roles: RoleChanges
  people: PersonChanges
  organizations: OrganizationChanges
  outbox: Outbox
}

/** What accounts answers, without the `accounts.` under which it is mounted. */
export function createAccountsRouter(options: AccountsRouterOptions) {
  const { database } = options
  return router({
    /** The person who is signed in, and the organization that is active in this session. */
    me: personProcedure.query(async ({ ctx: { principal } }) => {
      const person = await findPerson(database, principal.subject)
      return { ...person, organization: principal.organization }
    }),
    organizations: router({
      list: personProcedure.query(({ ctx }) => listOrganizations(database, ctx.principal.subject)),
    }),
    members: createMembersRouter(options),
    roles: createRolesRouter(options),
    administration: createAdministrationRouter(options),
    secondFactor: createSecondFactorRouter(options),
    internal: createInternalRouter(options),
  })
}

export type { MemberChange, OrganizationChange }
export type AccountsRouter = ReturnType<typeof createAccountsRouter>
