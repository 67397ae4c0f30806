import type { SessionSelector } from '@portcullis/sessions'
import { organizationOf } from '../instances/claims-owner.ts'
import type { Visitor } from '../instances/visitor.ts'

/** By which selector a session is ended. */
export const WAYS_TO_END = ['session', 'subject', 'device', 'organization', 'began-before'] as const
export type WayToEnd = (typeof WAYS_TO_END)[number]

/** What a visitor's session lives on. */
export const DEVICE = 'phone'

/** Chosen once for all attempts at one end: an id names one selector. */
export function selectorOf({ session, subject }: Visitor, way: WayToEnd): SessionSelector {
  switch (way) {
    case 'session':
      return { session }
    case 'subject':
      return { subject }
    case 'device':
      return { subject, device: DEVICE }
    case 'organization':
      return { organization: organizationOf(subject) }
    case 'began-before':
      return { subject, beganBefore: new Date() }
  }
}
