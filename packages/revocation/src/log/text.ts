import { z } from 'zod'

/** A string of a reply, whether it came as bytes or through JSON. */
export const textSchema = z.union([
  z.string(),
  z.instanceof(Buffer).transform((bytes) => bytes.toString('utf8')),
])

/** Many of them. Written out, since a list of members is read with each change. */
export const textsSchema = z.unknown().transform((value, context): string[] => {
  const texts = Array.isArray(value) ? value.map(toText) : []
  if (Array.isArray(value) && !texts.includes(null)) return texts as string[]
  context.addIssue({ code: 'custom', message: 'expected an array of strings' })
  return z.NEVER
})

function toText(value: unknown): string | null {
  if (typeof value === 'string') return value
  return value instanceof Buffer ? value.toString('utf8') : null
}
