import type { z } from 'zod'
import { GatewayError } from '../errors.ts'

interface Question {
  /** A version already announced; an older answer is of no use. */
  readonly atLeast: number
  readonly signal: AbortSignal
}

interface AskOwnerOptions<Answer extends { readonly version: number }> {
  readonly load: (question: Question) => Promise<unknown>
  readonly schema: z.ZodType<Answer>
  readonly atLeast: number
  /** How long the owner may take, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Asks the owner of claims or rules.
 *
 * @returns null if the owner knows none.
 * @throws {GatewayError} `ERR_UNVERIFIABLE` when the owner is away or answers less than was announced.
 */
export async function askOwner<Answer extends { readonly version: number }>(
  options: AskOwnerOptions<Answer>,
): Promise<Answer | null> {
  const { load, schema, atLeast, timeoutMs } = options
  try {
    const answer = await load({ atLeast, signal: AbortSignal.timeout(timeoutMs) })
    if (answer === null) return null
    const parsed = schema.parse(answer)
    if (parsed.version >= atLeast) return parsed
  } catch (cause) {
    throw new GatewayError('ERR_UNVERIFIABLE', { cause })
  }
  throw new GatewayError('ERR_UNVERIFIABLE')
}
