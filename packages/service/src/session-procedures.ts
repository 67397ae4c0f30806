import {
  ASSURANCE_LEVELS,
  type AssuranceLevel,
  type CustomClaims,
  isAssured,
  type OrganizationId,
  type Principal,
} from '@portcullis/context'
import { type Clock, systemClock } from '@portcullis/runtime'
import { initTRPC, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server'
import { refuseInternal } from './internal-calls.ts'
import type { PortcullisContext, PortcullisMeta } from './portcullis-context.ts'
import { Refusal, type RefusalReason, type StepUp } from './refusal.ts'
import { isAsyncIterable, untilEnded } from './until-ended.ts'

/** For `.concat()` onto a procedure of any tRPC instance whose context has `ContextIn`. */
export type ProcedurePart<ContextIn, ContextOut, Meta = object> = TRPCProcedureBuilder<
  ContextIn,
  Meta,
  ContextOut,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  // Adds nothing to the error shape of the procedure it is put on.
  unknown
>

/** What the procedures behind `sessionProcedure` can rely on. */
export interface SignedIn {
  readonly principal: Principal
}

export interface SessionProcedures<Custom extends CustomClaims> {
  /** Somebody is signed in: `ctx.principal` is not null. Comes before the others. */
  readonly sessionProcedure: ProcedurePart<PortcullisContext, { principal: Principal<Custom> }>
  /** The principal has one of these roles, in the active organization or, with `system:`, in the installation. */
  requireRole(...anyOf: [string, ...string[]]): ProcedurePart<SignedIn, object>
  /** The principal has one of these permissions. */
  requirePermission(...anyOf: [string, ...string[]]): ProcedurePart<SignedIn, object>
  /** An organization is active: `ctx.principal.organization` is not null. */
  readonly requireOrganization: ProcedurePart<
    SignedIn,
    { principal: Principal<Custom> & { readonly organization: OrganizationId } }
  >
  /** The person proved who they are at most `maxAgeSeconds` ago. */
  requireRecentSignIn(options: { maxAgeSeconds: number }): ProcedurePart<SignedIn, object>
  /** The person has proved who they are at this level or above, such as `aal2` by a second factor. */
  requireAssurance(level: AssuranceLevel): ProcedurePart<SignedIn, object>
  /** Answers to other services only; `.meta({ internal: ['worker'] })` behind it narrows them down. */
  readonly internalProcedure: ProcedurePart<
    Pick<PortcullisContext, 'caller'>,
    { caller: { readonly service: string } },
    PortcullisMeta
  >
}

export interface SessionProceduresOptions<Custom extends CustomClaims> {
  /** Reads the custom claims, for instance a zod schema. Throws if they are not what it expects. */
  custom: { parse(claims: unknown): Custom }
  clock?: Clock
}

/**
 * Parts of procedures that refuse with a `Refusal` before the input is looked at:
 * `t.procedure.concat(sessionProcedure).concat(requireRole('owner'))`.
 */
export function createSessionProcedures(options?: {
  clock?: Clock
}): SessionProcedures<CustomClaims>
export function createSessionProcedures<Custom extends CustomClaims>(
  options: SessionProceduresOptions<Custom>,
): SessionProcedures<Custom>
export function createSessionProcedures(
  options: Partial<SessionProceduresOptions<CustomClaims>> = {},
): SessionProcedures<CustomClaims> {
  const { custom, clock = systemClock } = options
  const withCustom = custom ? createCustomReader(custom.parse) : (principal: Principal) => principal

  const sessionProcedure = initTRPC
    .context<PortcullisContext>()
    .create()
    .procedure.use(async ({ ctx, meta, getRawInput, next }) => {
      refuseInternal(meta, ctx.caller)
      if (ctx.principal === null) throw new Refusal('ERR_SESSION_REQUIRED')
      const principal = withCustom(ctx.principal)
      // A body may arrive long after its headers: the decision that counts is the one behind it. What is wrong with
      // the input is for the procedure to say.
      await getRawInput().catch(() => undefined)
      if (ctx.lease?.isHeld() === false) await ctx.lease.whenHeld()
      ctx.signal.throwIfAborted()
      const result = await next({ ctx: { principal } })
      if (!result.ok || !isAsyncIterable(result.data)) return result
      return { ...result, data: untilEnded(result.data, ctx, clock) }
    })

  const { procedure } = initTRPC.context<SignedIn>().create()
  const requireThat = (
    reason: RefusalReason,
    holds: (principal: Principal) => boolean,
    stepUp?: StepUp,
  ) =>
    procedure.use(({ ctx, next }) => {
      if (!holds(ctx.principal)) throw new Refusal(reason, stepUp && { stepUp })
      return next()
    })

  return {
    sessionProcedure,
    requireRole: (...anyOf) =>
      requireThat('ERR_ROLE_REQUIRED', ({ roles }) => anyOf.some((name) => roles.includes(name))),
    requirePermission: (...anyOf) =>
      requireThat('ERR_PERMISSION_REQUIRED', ({ permissions }) =>
        anyOf.some((name) => permissions.includes(name)),
      ),
    requireOrganization: procedure.use(({ ctx: { principal }, next }) => {
      const { organization } = principal
      if (organization === null) throw new Refusal('ERR_ORGANIZATION_REQUIRED')
      return next({ ctx: { principal: { ...principal, organization } } })
    }),
    requireRecentSignIn({ maxAgeSeconds }) {
      if (!(maxAgeSeconds > 0)) throw new TypeError('`maxAgeSeconds` must be positive')
      return requireThat(
        'ERR_RECENT_SIGN_IN_REQUIRED',
        ({ authenticatedAt }) => clock.wall() / 1000 - authenticatedAt <= maxAgeSeconds,
        { maxAgeSeconds },
      )
    },
    requireAssurance(level) {
      if (!ASSURANCE_LEVELS.includes(level)) throw new TypeError('`level` is none of assurance')
      const holds = ({ assurance }: Principal) => isAssured(assurance, level)
      return requireThat('ERR_ASSURANCE_REQUIRED', holds, { assurance: level })
    },
    internalProcedure,
  }
}

const internalProcedure = initTRPC
  .context<Pick<PortcullisContext, 'caller'>>()
  .meta<PortcullisMeta>()
  .create()
  .procedure.meta({ internal: true })
  .use(({ ctx: { caller }, meta, next }) => {
    refuseInternal(meta, caller)
    if (caller === null) throw new Refusal('ERR_CALLER_REQUIRED')
    return next({ ctx: { caller } })
  })

// The verifier shares one frozen principal among all requests with the same context, so it is read once.
function createCustomReader(parse: (claims: unknown) => CustomClaims) {
  const read = new WeakMap<Principal, Principal>()
  return (principal: Principal): Principal => {
    const known = read.get(principal)
    if (known) return known
    const own = Object.freeze({ ...principal, custom: readCustom(parse, principal.custom) })
    read.set(principal, own)
    return own
  }
}

function readCustom(parse: (claims: unknown) => CustomClaims, claims: unknown): CustomClaims {
  try {
    return parse(claims)
  } catch (cause) {
    throw new Refusal('ERR_CUSTOM_CLAIMS', { cause })
  }
}
