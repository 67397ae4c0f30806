import { type OrganizationId, organizationIdSchema, type SubjectId } from '@portcullis/context'
import { z } from 'zod'

const roleSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^:]+$/)
const permissionsSchema = z.array(z.string().min(1).max(64)).max(256)

/** Roles and permissions a subject has in one organization; at most 256 each. */
const membershipSchema = z.object({
  roles: z.array(roleSchema).max(256),
  /** Beside those that the organization's rules give to the roles. */
  permissions: permissionsSchema,
})

/** What the owner of claims answers about a subject. At most 1,000 memberships. */
export const claimsSchema = z.object({
  /** Rises with every change of anything below. */
  version: z.int().nonnegative(),
  /** Roles of the installation; each starts with `system:`, so that no organization can grant one. */
  roles: z.array(z.string().max(64).startsWith('system:')).max(256),
  /** Permissions that hold in every organization. */
  permissions: permissionsSchema,
  memberships: z
    .record(organizationIdSchema, membershipSchema)
    .refine((memberships) => Object.keys(memberships).length <= 1_000, 'at most 1,000 memberships'),
  /** JSON values of a team's own. */
  custom: z.record(z.string(), z.unknown()),
  /** Version of the definition by which `custom` was read; see `defineClaims`. */
  definition: z.int().positive().optional(),
  /** Sessions of the subject are refused for as long as this holds; they are not ended. */
  suspended: z.boolean().optional(),
})

export type Claims = z.infer<typeof claimsSchema>

/** What the owner of claims answers about an organization: what holds for all of its members at once. */
export const organizationRulesSchema = z.object({
  /** Rises with every change of anything below. */
  version: z.int().nonnegative(),
  /** Permissions by role. At most 256 roles. */
  roles: z
    .record(roleSchema, permissionsSchema)
    .refine((roles) => Object.keys(roles).length <= 256, 'at most 256 roles'),
  /** Nobody is active in the organization for as long as this holds. */
  suspended: z.boolean().optional(),
})

export type OrganizationRules = z.infer<typeof organizationRulesSchema>

interface LoadOptions {
  /** A version already announced; an older answer is of no use. */
  readonly atLeast: number
  readonly signal: AbortSignal
}

/** Where the truth about claims is asked for, such as a service of the team's own. */
export interface ClaimsSource {
  /** @returns null if there is no such subject (any more). */
  load(subject: SubjectId, options: LoadOptions): Promise<Claims | null>
  /**
   * What the roles of an organization permit. Left out, memberships say all there is to say. With it a changed role is one
   * event and one question for each gateway, however many members have it.
   *
   * @returns null if there is no such organization (any more): nobody is active in it.
   */
  loadRules?(organization: OrganizationId, options: LoadOptions): Promise<OrganizationRules | null>
}
