import {
  type InstanceId,
  instanceIdSchema,
  type OrganizationId,
  organizationIdSchema,
  type Position,
  type SessionId,
  type SubjectId,
  sessionIdSchema,
  subjectIdSchema,
} from '@portcullis/context'
import { z } from 'zod'
import { textSchema as text, textsSchema } from './text.ts'

/**
 * What the log says of a key: believe nothing about it that was checked earlier. An event never carries a value.
 *
 * - `session.revoked` it has ended. `session.changed` it has another active organization.
 * - `subject.revoked` all sessions of the subject have ended. `claims.changed` roles, permissions or claims of it differ.
 * - `organization.revoked` sessions that had it active have ended. `organization.changed` what its roles permit differs, or
 *   whether it is suspended; its sessions live on.
 * - `everyone.revoked` all sessions that began earlier have ended.
 */
export type EventKind =
  | 'session.revoked'
  | 'session.changed'
  | 'subject.revoked'
  | 'claims.changed'
  | 'organization.revoked'
  | 'organization.changed'
  | 'everyone.revoked'

/** One entry of the log. A kind that this version does not know counts as one about everyone. */
export interface LogEvent {
  readonly position: Position
  readonly nonce: string
  readonly previousNonce: string
  readonly kind: EventKind | (string & {})
  readonly session?: SessionId
  /** Beside a session whose it is, where that is known; the event is about the session alone. */
  readonly subject?: SubjectId
  readonly organization?: OrganizationId
  /** Why, in a word of the originator's, such as `sign-out`. */
  readonly cause: string
  /** Whom to tell that it was applied. */
  readonly originator?: InstanceId
  /** When, by the server's clock; milliseconds since 1970. */
  readonly at?: number
  /** Who asked for it, for the audit trail alone. */
  readonly actor?: SubjectId
  /** Id of the change that it belongs to, as its receipt names it. */
  readonly change?: string
}

/** The key an event is about, or `everyone`. */
export type EventKey = SessionId | SubjectId | OrganizationId | 'everyone'

export function keyOf(event: LogEvent): EventKey {
  switch (event.kind) {
    case 'session.revoked':
    case 'session.changed':
      return event.session ?? 'everyone'
    case 'subject.revoked':
    case 'claims.changed':
      return event.subject ?? 'everyone'
    case 'organization.revoked':
    case 'organization.changed':
      return event.organization ?? 'everyone'
    default:
      return 'everyone'
  }
}

const fieldsSchema = z.object({
  k: z.string().min(1),
  n: z.string().min(1),
  p: z.string().min(1),
  c: z.string(),
  s: sessionIdSchema.optional(),
  u: subjectIdSchema.optional(),
  o: organizationIdSchema.optional(),
  i: z.union([instanceIdSchema, z.literal('')]).optional(),
  t: z.string().optional(),
  a: z.string().optional(),
  x: z.string().optional(),
})

/** An id of the stream: `<epoch>-<seq>`. */
export const positionTextSchema = text.transform((id, context): Position => {
  const [, epoch, seq] = POSITION.exec(id) ?? []
  if (epoch && seq) return { epoch: Number(epoch), seq: Number(seq) }
  context.addIssue({ code: 'custom', message: 'expected <epoch>-<seq>' })
  return z.NEVER
})

/** An entry as the stream and the channel carry it: `[id, [name, value, ...]]`. */
export const eventSchema = z
  .tuple([positionTextSchema, textsSchema])
  .transform(([position, flat], context): LogEvent => {
    const fields = fieldsSchema.safeParse(pairUp(flat))
    if (!fields.success) {
      context.addIssue({ code: 'custom', message: fields.error.message })
      return z.NEVER
    }
    const { k, n, p, c, s, u, o, i, ...facts } = fields.data
    return {
      position,
      nonce: n,
      previousNonce: p,
      kind: k,
      cause: c,
      ...(s && { session: s }),
      ...(u && { subject: u }),
      ...(o && { organization: o }),
      ...(i && { originator: i }),
      ...factsOf(facts),
    }
  })

type Facts = Readonly<Partial<Record<'t' | 'a' | 'x', string | undefined>>>

/** What nothing depends on but the audit trail: what cannot be read of it is left out. */
function factsOf({ t, a, x }: Facts): Pick<LogEvent, 'at' | 'actor' | 'change'> {
  const actor = optional(subjectIdSchema, a)
  return {
    ...(t !== undefined && MILLISECONDS.test(t) && { at: Number(t) }),
    ...(actor && { actor }),
    ...(x && { change: x }),
  }
}

function pairUp(flat: readonly string[]): Partial<Record<string, string>> {
  const pairs: Partial<Record<string, string>> = Object.create(null)
  for (let i = 0; i + 1 < flat.length; i += 2) pairs[flat[i] as string] = flat[i + 1]
  return pairs
}

/**
 * The events that one hint on the channel carries; null if it cannot be read. Written out, since every instance does this
 * for every event: it accepts what `eventSchema` accepts, at a fraction of the cost.
 */
export function parseHint(message: string): LogEvent[] | null {
  const entries = parseJson(message)
  if (!Array.isArray(entries)) return null
  const events: LogEvent[] = []
  for (const entry of entries) {
    const event = parseEntry(entry)
    if (!event) return null
    events.push(event)
  }
  return events
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseEntry(entry: unknown): LogEvent | null {
  if (!Array.isArray(entry) || entry.length !== 2) return null
  const [id, flat] = entry as [unknown, unknown]
  const [, epoch, seq] = typeof id === 'string' ? (POSITION.exec(id) ?? []) : []
  if (!epoch || !seq || !Array.isArray(flat) || !flat.every(isText)) return null
  const { k, n, p, c, s, u, o, i, t, a, x } = pairUp(flat)
  if (!k || !n || !p || c === undefined) return null
  const event = { position: { epoch: Number(epoch), seq: Number(seq) }, nonce: n, previousNonce: p }
  return withKeys({ ...event, kind: k, cause: c, ...factsOf({ t, a, x }) }, { s, u, o, i })
}

function withKeys(
  event: LogEvent,
  { s, u, o, i }: Readonly<Record<'s' | 'u' | 'o' | 'i', string | undefined>>,
): LogEvent | null {
  const session = optional(sessionIdSchema, s)
  const subject = optional(subjectIdSchema, u)
  const organization = optional(organizationIdSchema, o)
  const originator = i === '' ? undefined : optional(instanceIdSchema, i)
  if (session === null || subject === null || organization === null || originator === null) {
    return null
  }
  return {
    ...event,
    ...(session && { session }),
    ...(subject && { subject }),
    ...(organization && { organization }),
    ...(originator && { originator }),
  }
}

/** Undefined if it is missing, null if it is not what it should be. */
function optional<Id>(schema: z.ZodType<Id>, value: string | undefined): Id | undefined | null {
  if (value === undefined) return undefined
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : null
}

const POSITION = /^(\d+)-(\d+)$/
const MILLISECONDS = /^\d{1,15}$/

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
