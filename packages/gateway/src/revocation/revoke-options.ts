import { type SubjectId, subjectIdSchema } from '@portcullis/context'
import { type ReceiptWait, type SessionSelector, selectorSchema } from '@portcullis/revocation'
import { z } from 'zod'

export interface RevokeOptions {
  /** Why, in a word such as `left-the-company`: 1 to 64 letters, digits and `_ . : -`. Goes into the log; no personal value. */
  readonly reason: string
  /**
   * `enforced` (default): no instance decides on what was there before. `majority`: it cannot be undone, and holds
   * everywhere one lease later. `durable`: as `enforced`, and every configured replica has it.
   */
  readonly wait?: ReceiptWait | undefined
  /**
   * Names the change, 1 to 64 letters, digits and `_ . : -`: repeated under the same id within 24 hours it is the same one,
   * with the same place in the log, and spares what began since. Default a new one, see the receipt.
   */
  readonly id?: string | undefined
  /**
   * How long to wait at most, in milliseconds; what is known then is the answer. Default as long as it takes: about a lease
   * if an instance is silent.
   */
  readonly timeoutMs?: number | undefined
  /** Who asked for it; goes into the log, for the audit trail. Default nobody: the installation itself. */
  readonly actor?: SubjectId | undefined
}

const word = z.string().regex(/^[\w.:-]{1,64}$/, 'expected 1 to 64 letters, digits and _ . : -')

export const revokeOptionsSchema = z.strictObject({
  reason: word,
  wait: z.enum(['enforced', 'majority', 'durable']).optional(),
  id: word.optional(),
  timeoutMs: z.int().positive().max(60_000).optional(),
  actor: subjectIdSchema.optional(),
})

/** @throws {TypeError} */
export function parseRevokeOptions(options: RevokeOptions): z.infer<typeof revokeOptionsSchema> {
  return parse('revoke', revokeOptionsSchema, options)
}

/** @throws {TypeError} */
export function parseSelector(selector: SessionSelector): SessionSelector {
  return parse('selector', selectorSchema, selector)
}

function parse<Output>(name: string, schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new TypeError(`${name}: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
