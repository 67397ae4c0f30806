import { describe, expect, it } from 'vitest'
import { momentSchema } from './moment.ts'

const read = (moment: unknown) => momentSchema.safeParse(moment).data?.toISOString()
const berlin = (local: string) => read({ local, timeZone: 'Europe/Berlin' })

describe('a moment', () => {
  it('is what clocks of that zone show, in summer and in winter', () => {
    expect(berlin('2026-12-31T23:59:59')).toBe('2026-12-31T22:59:59.000Z')
    expect(berlin('2026-07-01T00:00')).toBe('2026-06-30T22:00:00.000Z')
    expect(read({ local: '2026-12-31T18:00', timeZone: 'America/New_York' })).toBe(
      '2026-12-31T23:00:00.000Z',
    )
    expect(read('2026-12-31T23:59:59+01:00')).toBe('2026-12-31T22:59:59.000Z')
  })

  it('is the first one where clocks show it twice, and none where they leave it out', () => {
    expect(berlin('2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z')
    expect(berlin('2026-03-29T02:30')).toBeUndefined()
    expect(berlin('2026-03-29T03:00')).toBe('2026-03-29T01:00:00.000Z')
  })

  it('names a zone that there is, and a time with an offset or with a zone', () => {
    expect(read({ local: '2026-12-31T23:59', timeZone: 'Atlantis/Capital' })).toBeUndefined()
    expect(read({ local: '2026-12-31T23:59:00Z', timeZone: 'Europe/Berlin' })).toBeUndefined()
    expect(read('2026-12-31T23:59:59')).toBeUndefined()
  })
})
