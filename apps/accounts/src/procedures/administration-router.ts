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
      .mutation(({ input }) => people.suspend(input.subject)),
    restoreUser: administratorProcedure
      .input(subjectInput)
      .mutation(({ input }) => people.restore(input.subject)),
    deleteUser: administratorProcedure
      .input(subjectInput)
      .mutation(({ input }) => people.remove(input.subject)),
    setClaim: administratorProcedure
      .input(claimInput)
      .mutation(({ input: { subject, ...claim } }) => people.setClaim(subject, claim)),
    suspendOrganization: administratorProcedure
      .input(organizationInput)
      .mutation(({ input }) => organizations.suspend(input.organization)),
    restoreOrganization: administratorProcedure
      .input(organizationInput)
      .mutation(({ input }) => organizations.restore(input.organization)),
  })
}
