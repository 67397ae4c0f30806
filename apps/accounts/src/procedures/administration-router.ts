import { organizationIdSchema, subjectIdSchema } from '@portcullis/context'
import { z } from 'zod'
import type { OrganizationChanges } from '../organizations/change-organization.ts'
import type { PersonChanges } from '../people/change-person.ts'
import { administratorProcedure, router } from './trpc.ts'

const subjectInput = z.object({ subject: subjectIdSchema })
const organizationInput = z.object({ organization: organizationIdSchema })
const claimInput = subjectInput.extend({ name: z.string().min(1).max(64), value: z.json() })

/** What administrators of the installation change. */
export function createAdministrationRouter(options: {
  people: PersonChanges
  organizations: OrganizationChanges
}) {
  const { people, organizations } = options
  return router({
    suspendUser: administratorProcedure
      .input(subjectInput)
      .mutation(({ ctx, input }) => people.suspend(input.subject, ctx.principal.subject)),
    restoreUser: administratorProcedure
      .input(subjectInput)
      .mutation(({ ctx, input }) => people.restore(input.subject, ctx.principal.subject)),
    deleteUser: administratorProcedure
      .input(subjectInput)
      .mutation(({ ctx, input }) => people.remove(input.subject, ctx.principal.subject)),
    setClaim: administratorProcedure
      .input(claimInput)
      .mutation(({ ctx, input: { subject, ...claim } }) =>
        people.setClaim(subject, claim, ctx.principal.subject),
      ),
    suspendOrganization: administratorProcedure
      .input(organizationInput)
      .mutation(({ ctx, input }) =>
        organizations.suspend(input.organization, ctx.principal.subject),
      ),
    restoreOrganization: administratorProcedure
      .input(organizationInput)
      .mutation(({ ctx, input }) =>
        organizations.restore(input.organization, ctx.principal.subject),
      ),
  })
}
