import { organizationIdSchema, type SubjectId } from '@portcullis/context'
import { z } from 'zod'

/** Roles and permissions a subject has in one organization; at most 256 each. */
const membershipSchema = z.object({
  roles: z
    .array(
      z
        .string()
        .min(1)
        .max(64)
        .regex(/^[^:]+$/),
    )
    .max(256),
  permissions: z.array(z.string().min(1).max(64)).max(256),
})

/** What the owner of claims answers about a subject. At most 1,000 memberships. */
export const claimsSchema = z.object({
  /** Rises with every change of anything below. */
  version: z.int().nonnegative(),
  /** Roles of the installation; each starts with `system:`, so that no organization can grant one. */
  roles: z.array(z.string().max(64).startsWith('system:')).max(256),
  /** Permissions that hold in every organization. */
  permissions: z.array(z.string().min(1).max(64)).max(256),
  memberships: z
    .record(organizationIdSchema, membershipSchema)
    .refine((memberships) => Object.keys(memberships).length <= 1_000, 'at most 1,000 memberships'),
  /** JSON values of a team's own. */
  custom: z.record(z.string(), z.unknown()),
})

export type Claims = z.infer<typeof claimsSchema>

/** Where the truth about claims is asked for, such as a service of the team's own. */
export interface ClaimsSource {
  /**
   * @param options.atLeast A version already announced; an older answer is of no use.
   * @returns null if there is no such subject (any more).
   */
  load(
    subject: SubjectId,
    options: { readonly atLeast: number; readonly signal: AbortSignal },
  ): Promise<Claims | null>
}
