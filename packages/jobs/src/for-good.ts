import { UnrecoverableError } from 'bullmq'

/** What a job throws that no further attempt can help: it is a dead letter at once. */
export function forGood(cause: Error): Error {
  return Object.assign(new UnrecoverableError(cause.message), { cause })
}
