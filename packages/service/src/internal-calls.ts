import type { PortcullisContext } from './portcullis-context.ts'
import { Refusal } from './refusal.ts'

/** The part of tRPC's request info that says what is about to be called. */
export interface CallInfo {
  readonly type?: 'query' | 'mutation' | 'subscription' | 'unknown'
  readonly calls: readonly {
    readonly procedure: { readonly _def: { readonly meta: unknown } } | null
  }[]
}

/** @throws {Refusal} `ERR_CALLER_REQUIRED` when one of the calls is internal and the caller may not make it. */
export function refuseInternalCalls(info: CallInfo, caller: PortcullisContext['caller']): void {
  for (const { procedure } of info.calls) refuseInternal(procedure?._def.meta, caller)
}

/** @throws {Refusal} `ERR_CALLER_REQUIRED` */
export function refuseInternal(meta: unknown, caller: PortcullisContext['caller']): void {
  if (typeof meta !== 'object' || meta === null || !('internal' in meta)) return
  const { internal } = meta
  if (internal === false || internal === undefined) return
  if (caller === null) throw new Refusal('ERR_CALLER_REQUIRED')
  // Anything but `true` and a list that names the caller is refused, a mistyped value too.
  if (internal === true || (Array.isArray(internal) && internal.includes(caller.service))) return
  throw new Refusal('ERR_CALLER_REQUIRED')
}
