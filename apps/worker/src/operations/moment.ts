import { z } from 'zod'

/** When something is to happen: ISO 8601 with its offset, or what a clock on a wall of some time zone shows. */
export const momentSchema = z
  .union([
    z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
    z.strictObject({
      local: z.iso.datetime({ local: true }).regex(/^[^Z]*$/, 'has no offset'),
      timeZone: z.string().refine(isTimeZone, 'is no time zone, such as Europe/Berlin'),
    }),
  ])
  .transform((moment, context) => {
    if (moment instanceof Date) return moment
    const instant = toInstant(moment)
    if (instant) return instant
    context.addIssue({ code: 'custom', message: 'There is no such time in that zone' })
    return z.NEVER
  })

/** A day on either side of which the offset of a zone is looked at, ms: it changes at most once between them. */
const DAY_MS = 24 * 3_600_000

/**
 * The instant at which clocks of the zone show a time. Where they show it twice, in autumn, the first: access that is to end
 * does not last longer than one may think. Undefined for a time that they leave out, in spring.
 */
function toInstant({ local, timeZone }: { local: string; timeZone: string }) {
  const shown = Date.parse(`${local}Z`)
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((at) => offsetAt(at, timeZone))
  const instants = offsets.map((offset) => shown - offset)
  const [first] = instants.filter((at) => at + offsetAt(at, timeZone) === shown).toSorted(byTime)
  return first === undefined ? undefined : new Date(first)
}

const byTime = (one: number, other: number) => one - other

/** How far clocks of the zone are ahead of UTC, ms. */
function offsetAt(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, ...NUMERIC }).formatToParts(at)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
  const [year, month, day] = [part('year'), part('month') - 1, part('day')]
  const shown = Date.UTC(year, month, day, part('hour'), part('minute'), part('second'))
  return shown - Math.floor(at / 1_000) * 1_000
}

const NUMERIC = {
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone })
    return true
  } catch {
    return false
  }
}
