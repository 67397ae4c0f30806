import { z } from 'zod'

/** A value of the configuration that comes from the environment. */
export class Variable<out T> {
  readonly name: string
  readonly schema: z.ZodType<T>
  constructor(name: string, schema: z.ZodType<T>) {
    this.name = name
    this.schema = schema
  }
}

/**
 * Takes a value from the environment. An empty variable counts as unset, and one that is not set is a mistake unless the
 * schema has a default.
 *
 * @param schema What its text has to be, and is turned into. Default: any text but an empty one.
 */
export function env(name: string): Variable<string>
export function env<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
): Variable<z.output<Schema>>
export function env(name: string, schema: z.ZodType = z.string()): Variable<unknown> {
  return new Variable(name, schema)
}

/** The same, where any part may come from the environment. */
export type Configurable<T> = T | Variable<T> | ConfigurableParts<T>

export type ConfigurableParts<T> = T extends object
  ? { readonly [Key in keyof T]: Configurable<T[Key]> }
  : never
