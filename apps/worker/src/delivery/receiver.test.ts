import { describe, expect, it } from 'vitest'
import { receiversSchema } from './receiver.ts'

const partner = { kind: 'set', name: 'partner', audience: 'https://partner.example' }
const url = 'https://partner.example/events'
const isTaken = (...receivers: object[]) => receiversSchema.safeParse(receivers).success

describe('a receiver', () => {
  it('is https on the Internet, or on this machine, unless more is allowed', () => {
    const at = (address: string, more = {}) => isTaken({ ...partner, url: address, ...more })
    expect(at(url)).toBe(true)
    expect(at('http://127.0.0.1:8080/events')).toBe(true)
    expect(at('http://partner.example/events')).toBe(false)
    expect(at('https://10.0.0.7/events')).toBe(false)
    expect(at('https://[fd00::7]/events')).toBe(false)
    expect(at('https://169.254.169.254/latest')).toBe(false)
    expect(at('http://10.0.0.7/events', { allowPrivate: true })).toBe(true)
    expect(at('https://user:secret@partner.example/')).toBe(false)
    expect(at('ftp://partner.example/')).toBe(false)
  })

  it('has a name of its own, and what its kind needs', () => {
    expect(isTaken({ ...partner, url }, { ...partner, url })).toBe(false)
    expect(isTaken({ ...partner, url, audience: undefined })).toBe(false)
    expect(isTaken({ kind: 'webhook', name: 'hooked', url })).toBe(false)
    expect(isTaken({ kind: 'webhook', name: 'hooked', url, secrets: ['hunter2'] })).toBe(false)
    expect(isTaken({ ...partner, url, secrets: [] })).toBe(false)
    expect(isTaken({ ...partner, url, events: ['session.revoked'] })).toBe(false)
  })

  it('is told of everything, one event after the other, unless it says otherwise', () => {
    const [parsed] = receiversSchema.parse([{ ...partner, url }])
    expect(parsed).toMatchObject({
      events: ['session-revoked', 'token-claims-change', 'credential-change'],
      ...{ inFlight: 1, from: 'now', timeoutMs: 10_000, maxAgeMs: 259_200_000 },
    })
  })
})
