import { createAssertionSigner, type KeyRing } from '@portcullis/context'
import type { ComposeRouters } from '@portcullis/gateway'
import { systemClock } from '@portcullis/runtime'
import { assertionHeaders } from '@portcullis/service'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import type { AccountsRouter } from 'accounts/router'

export type AccountsClient = TRPCClient<ComposeRouters<{ accounts: AccountsRouter }>>

/**
 * Calls accounts in the gateway's own name. Not in batches: a person who is signing in would wait for all of one, and
 * hashing takes a while.
 */
export function createAccountsClient(options: { url: string; keyRing: KeyRing }): AccountsClient {
  const { url, keyRing } = options
  const signer = createAssertionSigner({ service: 'gateway', keyRing, clock: systemClock })
  const headers = assertionHeaders({ signer, audience: 'accounts' })
  return createTRPCClient({ links: [httpLink({ url, headers })] })
}
