export { JobError, type JobErrorCode } from './errors.ts'
export { defineJob, type JobDefinition, type JobOptions, type Retention } from './job.ts'
export {
  createJobWorker,
  type JobRun,
  type JobWorker,
  type JobWorkerOptions,
} from './job-worker.ts'
export { createQueue, type JobQueue, type QueueOptions } from './queue.ts'
