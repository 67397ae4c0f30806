import type { AnyTRPCRouter, TRPCProcedureType } from '@trpc/server'

/** A procedure of the service, as it is called. */
interface ProcedureCall {
  readonly path: string
  readonly type: TRPCProcedureType
}

/** Runs a call, and may look on: what comes of it is handed on as it is. */
export type AroundCall = (call: ProcedureCall, run: () => Promise<unknown>) => Promise<unknown>

type Procedure = ((options: unknown) => Promise<unknown>) & {
  readonly _def: { readonly type: TRPCProcedureType }
}

/**
 * Puts `around` around each procedure of a router that was mounted for a service, and is nobody else's. Routers that are
 * loaded when first called are not seen.
 */
export function surroundProcedures({ _def }: AnyTRPCRouter, around: AroundCall): void {
  const procedures: Record<string, Procedure> = _def.procedures
  for (const [path, procedure] of Object.entries(procedures)) {
    const call = { path, type: procedure._def.type }
    const surrounded = (options: unknown) => around(call, () => procedure(options))
    procedures[path] = Object.assign(surrounded, { _def: procedure._def })
  }
}
