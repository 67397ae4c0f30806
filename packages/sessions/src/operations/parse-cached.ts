import type { z } from 'zod'

/** A cache entry that cannot be read is none: its owner is asked. */
export function parseCached<Schema extends z.ZodType>(
  schema: Schema,
  json: string | null,
): z.output<Schema> | null {
  if (json === null) return null
  try {
    return schema.parse(JSON.parse(json))
  } catch {
    return null
  }
}
