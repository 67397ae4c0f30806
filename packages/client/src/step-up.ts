import { TRPCClientError } from '@trpc/client'

/** What a person is asked for before a call that was refused is answered. Repeat it after `session.reauthenticate`. */
export interface StepUp {
  /** The level that is asked for, `aal2` for a second factor. */
  readonly assurance?: 'aal1' | 'aal2' | 'aal3'
  /** How long ago, at most, the person proved who they are. */
  readonly maxAgeSeconds?: number
}

const CODES: ReadonlySet<unknown> = new Set([
  'ERR_ASSURANCE_REQUIRED',
  'ERR_RECENT_SIGN_IN_REQUIRED',
])
const LEVELS = ['aal1', 'aal2', 'aal3'] as const

/**
 * Whether a call was refused because the person has to confirm who they are, and how: of a service's `requireAssurance` and
 * `requireRecentSignIn`, or the gateway's `adminAssurance`. Null for every other error.
 */
export function stepUpOf(error: unknown): StepUp | null {
  if (!(error instanceof TRPCClientError)) return null
  const { code, assurance, maxAgeSeconds } = Object(error.data?.portcullis)
  if (!CODES.has(code)) return null
  const level = LEVELS.find((candidate) => candidate === assurance)
  return {
    ...(level && { assurance: level }),
    ...(typeof maxAgeSeconds === 'number' && { maxAgeSeconds }),
  }
}
