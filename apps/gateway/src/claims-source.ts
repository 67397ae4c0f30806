import type { ClaimsSource } from '@portcullis/sessions'
import type { AccountsClient } from './accounts-client.ts'

/** Claims of people and rules of organizations as accounts has them. How long an answer may take is the caller's to say. */
export function createClaimsSource(accounts: AccountsClient): ClaimsSource {
  return {
    load: (subject, { atLeast, signal }) =>
      accounts.accounts.internal.claims.query({ subject, atLeast }, { signal }),
    loadRules: (organization, { atLeast, signal }) =>
      accounts.accounts.internal.rules.query({ organization, atLeast }, { signal }),
  }
}
