import type { AnyTRPCRouter, TRPCProcedureType } from '@trpc/server'

/** A call as tRPC makes it, as far as it is read here. */
export interface SocketCall {
  readonly ctx: unknown
  readonly path: string
  readonly type: TRPCProcedureType
  readonly signal: AbortSignal | undefined
}

export type Procedure = ((call: SocketCall) => Promise<unknown>) & {
  readonly _def: { readonly meta: unknown; readonly type: TRPCProcedureType }
}

/** Runs a procedure, or refuses to. */
export type Gate = (call: SocketCall, procedure: Procedure) => Promise<unknown>

/**
 * Has each call of a mounted router go through a gate, whose context is then the call's own and not the connection's. Also
 * those of routers that are loaded when first called: what is looked up there is what goes through.
 */
export function gateProcedures({ _def }: AnyTRPCRouter, gate: Gate): void {
  const gated = new WeakMap<Procedure, Procedure>()
  const procedures = new Proxy(_def.procedures as Record<string, Procedure | undefined>, {
    get(target, path) {
      const procedure = typeof path === 'string' ? target[path] : undefined
      if (procedure === undefined) return undefined
      const known = gated.get(procedure)
      if (known) return known
      const run = (call: SocketCall) => gate(call, procedure)
      const created: Procedure = Object.assign(run, { _def: procedure._def })
      gated.set(procedure, created)
      return created
    },
  })
  Object.assign(_def, { procedures })
}
