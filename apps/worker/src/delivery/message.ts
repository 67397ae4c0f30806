import { createHmac } from 'node:crypto'
import { eventIdOf } from '../audit/entry.ts'
import type { EventKeys } from './event-keys.ts'
import type { SetReceiver, WebhookReceiver } from './receiver.ts'
import { eventUriOf, secondsOf, type TrailEvent, toSecurityEvent } from './security-event.ts'

/** What is sent to a receiver. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface SetIssuer {
  /** `iss` of the tokens. */
  readonly issuer: string
  readonly keys: EventKeys
}

/**
 * A Security Event Token as RFC 8417 has it, to be pushed as RFC 8935 does. It does not expire, since what it says stays true.
 *
 * @returns null for an event that CAEP has no type for.
 */
export async function toSet(
  { issuer, keys }: SetIssuer,
  { audience }: Pick<SetReceiver, 'audience'>,
  { event, issuedAt }: { event: TrailEvent; issuedAt: Date },
): Promise<Message | null> {
  const told = toSecurityEvent(event, issuer)
  if (!told) return null
  const body = await keys.sign({
    iss: issuer,
    aud: audience,
    iat: secondsOf(issuedAt),
    jti: eventIdOf(event),
    toe: secondsOf(event.at),
    ...(event.change && { txn: event.change }),
    sub_id: told.subject,
    events: { [eventUriOf(told.type)]: told.payload },
  })
  const headers = { 'content-type': 'application/secevent+jwt', accept: 'application/json' }
  return { headers, body }
}

/** A webhook as Standard Webhooks signs them. @param now When it is sent. */
export function toWebhook(
  { secrets }: Pick<WebhookReceiver, 'secrets'>,
  event: TrailEvent,
  now: Date,
): Message {
  const id = eventIdOf(event)
  const body = JSON.stringify({
    type: event.kind,
    timestamp: event.at.toISOString(),
    data: dataOf(event),
  })
  const timestamp = String(secondsOf(now))
  const signatures = secrets.map((secret) => sign(secret, `${id}.${timestamp}.${body}`))
  const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp }
  const headers = { ...signed, 'webhook-signature': signatures.join(' ') }
  return { headers: { 'content-type': 'application/json', ...headers }, body }
}

function dataOf(event: TrailEvent) {
  const { cause, session, subject, organization, actor, change, missingAfter, missingBefore } =
    event
  const gap = missingAfter && missingBefore ? { after: missingAfter, before: missingBefore } : null
  const about = { session, subject, organization }
  return {
    event: eventIdOf(event),
    position: `${event.epoch}.${event.seq}`,
    cause,
    ...about,
    actor,
    change,
    ...(gap && { missing: gap }),
  }
}

function sign(secret: string, content: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}
