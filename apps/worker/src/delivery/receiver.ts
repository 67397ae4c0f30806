import { z } from 'zod'
import { isPrivateAddress } from './private-addresses.ts'

/** Receivers at most. */
const MAX_RECEIVERS = 32

/** What can be asked for. A kind of the log's, or what CAEP makes of it. */
const WEBHOOK_EVENTS = [
  'session.revoked',
  'session.changed',
  'subject.revoked',
  'claims.changed',
  'organization.revoked',
  'organization.changed',
  'everyone.revoked',
  'audit.gap',
] as const
const SET_EVENTS = ['session-revoked', 'token-claims-change', 'credential-change'] as const
export type SetEvent = (typeof SET_EVENTS)[number]

/** How old any event is when it is given up, ms. */
export const MAX_AGE_MS = 30 * 24 * 3_600_000

const common = {
  /** Names it in the tables, the metrics and the log lines. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected 1 to 32 letters, digits and -'),
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  /** The header `authorization` of every request. */
  authorization: z
    .string()
    .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/)
    .max(4_000)
    .optional(),
  /** Where a receiver that is new begins: with what happens from then on, or with all that the trail has. */
  from: z.enum(['now', 'beginning']).default('now'),
  /** Under way at once. With 1 each event is settled before the next one is sent: they arrive in the log's order. */
  inFlight: z.int().min(1).max(8).default(1),
  /** How long an attempt may take, ms. */
  timeoutMs: z.int().min(100).max(30_000).default(10_000),
  /** How old an event is when it is given up, ms. */
  maxAgeMs: z
    .int()
    .min(1_000)
    .max(MAX_AGE_MS)
    .default(3 * 24 * 3_600_000),
  /** Whether it may be http, and an address of a private network. On this machine both are allowed anyway. */
  allowPrivate: z.boolean().default(false),
}

/** As Standard Webhooks writes them: 24 to 64 bytes. */
const secretSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'is not whsec_ and 24 to 64 bytes in base64')

const webhookSchema = z.strictObject({
  ...common,
  kind: z.literal('webhook'),
  events: z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1)
    .default([...WEBHOOK_EVENTS]),
  /** Each signs; two while one takes the place of the other. */
  secrets: z.array(secretSchema).min(1).max(2),
})

const setSchema = z.strictObject({
  ...common,
  kind: z.literal('set'),
  events: z
    .array(z.enum(SET_EVENTS))
    .min(1)
    .default([...SET_EVENTS]),
  /** `aud` of its tokens. */
  audience: z.string().min(1).max(500),
})

const receiverSchema = z
  .discriminatedUnion('kind', [webhookSchema, setSchema])
  .superRefine(({ url, allowPrivate }, context) => {
    const problem = problemOf(new URL(url), allowPrivate)
    if (problem) context.addIssue({ code: 'custom', path: ['url'], message: problem })
  })

/** Who is told of events. */
export type Receiver = z.output<typeof receiverSchema>
export type WebhookReceiver = Extract<Receiver, { kind: 'webhook' }>
export type SetReceiver = Extract<Receiver, { kind: 'set' }>

export const receiversSchema = z
  .array(receiverSchema)
  .max(MAX_RECEIVERS)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    error: 'two have the same name',
  })

const ON_THIS_MACHINE = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether an address names this very machine, which whoever configures the worker then means. */
export const isOnThisMachine = ({ hostname }: URL) => ON_THIS_MACHINE.has(hostname)

function problemOf(url: URL, allowPrivate: boolean): string | undefined {
  if (url.username || url.password || url.hash) return 'has a user, a password or a fragment'
  if (allowPrivate || isOnThisMachine(url)) return undefined
  if (url.protocol !== 'https:') return 'is not https'
  const address = url.hostname.replace(/^\[|\]$/g, '')
  return isPrivateAddress(address) ? 'is an address of a private network' : undefined
}
