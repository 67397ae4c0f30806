export { type BullQueues, type BullQueuesOptions, openBullQueues } from './bull-queues.ts'
export { JobError, type JobErrorCode } from './errors.ts'
export { forGood } from './for-good.ts'
export type { FoundJob } from './found-job.ts'
export { defineJob, type JobDefinition, type JobOptions, type Retention } from './job.ts'
export type { ListedState } from './job-list.ts'
export {
  createJobWorker,
  type JobRun,
  type JobWorker,
  type JobWorkerOptions,
} from './job-worker.ts'
export { type Outcome, PrincipalEnded, type StopReason } from './principal/outcome.ts'
export {
  type Carrier,
  carrierOf,
  definePrincipalJob,
  type PrincipalJob,
  type PrincipalJobOptions,
} from './principal/principal-job.ts'
export {
  createPrincipalQueue,
  type PrincipalQueue,
  type PrincipalQueueOptions,
} from './principal/principal-queue.ts'
export {
  createPrincipalSource,
  type PrincipalSource,
  type PrincipalSourceOptions,
} from './principal/principal-source.ts'
export {
  createPrincipalWorker,
  type PrincipalRun,
  type PrincipalWorkerOptions,
} from './principal/principal-worker.ts'
export { type Cancelled, createQueue, type JobQueue, type QueueOptions } from './queue.ts'
