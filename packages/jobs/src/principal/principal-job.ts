import { organizationIdSchema, type Principal, subjectIdSchema } from '@portcullis/context'
import { carriedPrincipalSchema, type Follower } from '@portcullis/revocation'
import { z } from 'zod'
import { defineJob, type JobDefinition, type JobOptions } from '../job.ts'

/** Whom a job is for, as Redis holds it: ids and a place in the log, neither a token nor a personal value. */
const carrierSchema = carriedPrincipalSchema.extend({
  subject: subjectIdSchema,
  organization: organizationIdSchema.nullable(),
})
export type Carrier = z.infer<typeof carrierSchema>

export interface PrincipalJobOptions<Name extends string, Schema extends z.ZodType>
  extends JobOptions<Name, Schema> {
  /** Without it whoever is signed in may. Looked for when the job starts, and again when their rights change. */
  permission?: string
}

/** A kind of job that somebody asked for: it does not outlive their right to it. */
export interface PrincipalJob<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly permission: string | undefined
  /** The job as the queue has it: `data` together with whom it is for. */
  readonly envelope: JobDefinition<Name, z.ZodObject<{ for: typeof carrierSchema; data: Schema }>>
}

/** @throws {TypeError} that names the option. */
export function definePrincipalJob<const Name extends string, Schema extends z.ZodType>(
  options: PrincipalJobOptions<Name, Schema>,
): PrincipalJob<Name, Schema> {
  const { permission, data, ...others } = options
  const envelope = defineJob({ ...others, data: z.object({ for: carrierSchema, data }) })
  return { permission, envelope }
}

/**
 * Whom a job is for: somebody whose context this instance has just found current.
 *
 * @param follower The instance's own; its position is noted.
 */
export function carrierOf(
  { session, subject, organization }: Pick<Principal, 'session' | 'subject' | 'organization'>,
  { position }: Pick<Follower, 'position'>,
): Carrier {
  return { session, subject, organization, position }
}
