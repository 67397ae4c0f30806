import { createAssertionSigner, type KeyRing } from '@portcullis/context'
import type { AuditSource, ComposeRouters } from '@portcullis/gateway'
import { createSubjectHandles } from '@portcullis/revocation'
import { systemClock } from '@portcullis/runtime'
import { assertionHeaders } from '@portcullis/service'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import type { AuditRouter } from 'worker/audit-router'

type AuditClient = TRPCClient<ComposeRouters<{ audit: AuditRouter }>>

/** The audit trail as the worker keeps it, asked in the gateway's own name. */
export function createAuditSource(options: {
  url: string
  keyRing: KeyRing
  pepper: string
}): AuditSource {
  const { url, keyRing, pepper } = options
  const signer = createAssertionSigner({ service: 'gateway', keyRing, clock: systemClock })
  const headers = assertionHeaders({ signer, audience: 'audit' })
  const client: AuditClient = createTRPCClient({ links: [httpLink({ url, headers })] })
  const handles = createSubjectHandles(pepper)
  return {
    list({ subject, ...query }, { signal }) {
      // A session's event names the session alone, whose id begins with its person's handle.
      const of = subject && { subject, sessionPrefix: `ses_${handles.handleOf(subject)}` }
      return client.audit.list.query({ ...query, ...of }, { signal })
    },
  }
}
