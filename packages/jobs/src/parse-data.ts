import type { z } from 'zod'
import { JobError } from './errors.ts'
import type { JobDefinition } from './job.ts'

/** @throws {JobError} `ERR_JOB_DATA_INVALID`; its cause says where and what, without the values. */
export function parseData<Schema extends z.ZodType>(
  job: JobDefinition<string, Schema>,
  data: unknown,
): z.output<Schema> {
  const result = job.data.safeParse(data)
  if (result.success) return result.data
  throw new JobError('ERR_JOB_DATA_INVALID', { cause: result.error })
}
