import type { AssertionSigner, OrganizationId, SubjectId } from '@portcullis/context'
import { assertionHeaders } from '@portcullis/service'
import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client'
import type { AccountsRouter } from 'accounts/router'
import { WorkerError } from './errors.ts'
import { underAccounts } from './under-accounts.ts'

export interface OutboxProgress {
  /** Rows that this call published. */
  published: number
  /** Rows that wait for the next. */
  remaining: number
}

/** People whose claims were announced anew, and those who are left. */
interface Filling {
  filled: number
  remaining: number
}

/** People of an organization, in the order of their ids. */
interface MembersPage {
  organization: OrganizationId
  /** The last of the page before. */
  after: SubjectId | null
  limit: number
}

export interface AccountsClient {
  /**
   * Asks accounts to announce the changes of claims that nobody has announced yet, oldest first.
   *
   * @throws {WorkerError} `ERR_ACCOUNTS_UNREACHABLE`, `ERR_ACCOUNTS_REFUSED`
   */
  publishOutbox(input: { limit: number }, signal: AbortSignal): Promise<OutboxProgress>
  /** Gives people claims that were declared since theirs were announced. @throws {WorkerError} as `publishOutbox`. */
  fillClaims(input: { limit: number }, signal: AbortSignal): Promise<Filling>
  /** Members of an organization; none behind the last. @throws {WorkerError} as `publishOutbox`. */
  listMembers(page: MembersPage, signal: AbortSignal): Promise<SubjectId[]>
}

/** Calls the internal procedures of accounts with the worker's own assertion. */
export function createAccountsClient(options: {
  url: string
  signer: AssertionSigner
}): AccountsClient {
  const headers = assertionHeaders({ signer: options.signer, audience: 'accounts' })
  const client = createTRPCClient<AccountsRouter>({
    links: [underAccounts, httpLink({ url: options.url, headers })],
  })
  return {
    publishOutbox: (input, signal) =>
      client.internal.publishOutbox.mutate(input, { signal }).catch(explain),
    fillClaims: (input, signal) =>
      client.internal.fillClaims.mutate(input, { signal }).catch(explain),
    listMembers: (page, signal) =>
      client.internal.listMembers.query(page, { signal }).catch(explain),
  }
}

function explain(error: unknown): never {
  if (!(error instanceof TRPCClientError)) throw error
  const data = (error as TRPCClientError<AccountsRouter>).data
  if (!data) throw new WorkerError('ERR_ACCOUNTS_UNREACHABLE', { cause: error })
  const detail = data.portcullis?.code ?? data.code
  throw new WorkerError('ERR_ACCOUNTS_REFUSED', { cause: error, detail })
}
