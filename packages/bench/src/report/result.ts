import { z } from 'zod'

const spreadSchema = z.object({ median: z.number(), least: z.number(), most: z.number() })

/** One measured figure: over all samples of the run, and the same figure of each round. */
const figureSchema = z.object({ value: z.number(), rounds: spreadSchema })

const rowSchema = z.object({
  name: z.string().min(1),
  samples: z.int().positive(),
  figures: z.record(z.string(), figureSchema),
})

const sectionSchema = z.object({
  title: z.string().min(1),
  /** Of every figure in it. */
  unit: z.string().min(1),
  notes: z.array(z.string()),
  rows: z.array(rowSchema).min(1),
})

const targetSchema = z
  .object({
    name: z.string().min(1),
    value: z.number(),
    /** The largest value with which it holds. */
    limit: z.number(),
    unit: z.string().min(1),
    holds: z.boolean(),
  })
  .refine(({ value, limit, holds }) => holds === value <= limit, 'holds means value <= limit')

const machineSchema = z.object({
  cpu: z.string(),
  cores: z.int().positive(),
  memoryGiB: z.number(),
  system: z.string(),
  node: z.string(),
  redis: z.string(),
  date: z.iso.datetime(),
  command: z.string(),
  /** Processes that wanted a core in the last minute, at the start and at the end. */
  load: z.tuple([z.number(), z.number()]),
})

/** A figure that stands for the part where there is room for a few, by where it is found. */
const highlightSchema = z.object({ section: z.string(), row: z.string(), figure: z.string() })

/** A section that is drawn: a bar for each of these figures of each of its rows, whoever wins. */
const chartSchema = z.object({ section: z.string(), figures: z.array(z.string()).min(1) })

/** What every part of the benchmarks writes to `results/<part>.json`. */
export const resultSchema = z
  .object({
    part: z.string().regex(/^[a-z-]+$/),
    /** Shortened for development: do not quote it. */
    quick: z.boolean(),
    machine: machineSchema,
    notes: z.array(z.string()),
    sections: z.array(sectionSchema).min(1),
    highlights: z.array(highlightSchema).min(1).max(8),
    charts: z.array(chartSchema).min(1).max(4),
    targets: z.array(targetSchema).min(1),
  })
  .superRefine(({ sections, highlights, charts }, context) => {
    const has = (section: string, isThere: (row: Row) => boolean) =>
      sections.some(({ title, rows }) => title === section && rows.some(isThere))
    for (const { section, row, figure } of highlights) {
      if (has(section, ({ name, figures }) => name === row && figure in figures)) continue
      context.addIssue(`no figure ${figure} of ${row} in ${section}`)
    }
    for (const { section, figures } of charts) {
      for (const figure of figures) {
        if (has(section, (row) => figure in row.figures)) continue
        context.addIssue(`no figure ${figure} in ${section}`)
      }
    }
  })

export type BenchResult = z.infer<typeof resultSchema>
export type MachineFacts = z.infer<typeof machineSchema>
export type Section = z.infer<typeof sectionSchema>
export type Row = z.infer<typeof rowSchema>
export type Figure = z.infer<typeof figureSchema>
export type Target = z.infer<typeof targetSchema>

/** A target is always an upper limit; what has to be large is given as its inverse. */
export function createTarget(target: Omit<Target, 'holds'>): Target {
  return { ...target, holds: target.value <= target.limit }
}
