import type { TRPCLink } from '@trpc/client'
import type { AccountsRouter } from 'accounts/router'

/** A service mounts its router under its own name: `me` of accounts is called as `accounts.me`. */
export const underAccounts: TRPCLink<AccountsRouter> =
  () =>
  ({ op, next }) =>
    next({ ...op, path: `accounts.${op.path}` })
