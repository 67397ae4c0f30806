import type { TRPCError } from '@trpc/server'
import { Refusal, type StepUp } from './refusal.ts'

/** What Portcullis adds to `data` of a tRPC error. */
export interface PortcullisErrorData extends StepUp {
  /** A `RefusalReason` of a service, or a code of the gateway. */
  readonly code: string
}

/**
 * Puts the reason of a refusal into `data.portcullis.code`. For the `errorFormatter` of a router:
 * `initTRPC.create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })`.
 */
export function withRefusalCode<Shape extends { data: object }>(
  shape: Shape,
  error: TRPCError,
): Shape & { data: { portcullis?: PortcullisErrorData } } {
  if (!(error instanceof Refusal)) return shape
  return { ...shape, data: { ...shape.data, portcullis: { code: error.reason, ...error.stepUp } } }
}
