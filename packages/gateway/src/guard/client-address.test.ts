import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClientAddress } from './client-address.ts'
import { createProxyTrust, type TrustedProxies } from './trusted-proxies.ts'

function addressOf(trusted: TrustedProxies, peer: string, forwarded?: string): string {
  const read = createClientAddress(createProxyTrust(trusted))
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return read({ socket: { remoteAddress: peer }, headers }).address
}

const ADDRESS = fc.oneof(fc.ipV4(), fc.ipV6())

describe('X-Forwarded-For', () => {
  test('of nobody who is trusted is not read', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.string(), (peer, forwarded) => {
        expect(addressOf(0, peer, forwarded)).toBe(peer)
        expect(
          addressOf(['203.0.113.7'], peer === '203.0.113.7' ? '1.1.1.1' : peer, forwarded),
        ).toBe(peer === '203.0.113.7' ? '1.1.1.1' : peer)
      }),
    )
  })

  test('is read as far as proxies are trusted: what a client wrote itself is never reached', () => {
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), (written, client) => {
        expect(addressOf(1, '10.0.0.1', `${written}, ${client}`)).toBe(client)
        expect(addressOf(2, '10.0.0.1', `${written},${client}, 10.0.0.2`)).toBe(client)
        fc.pre(!client.startsWith('10.'))
        const chain = `${written}, ${client}, 10.0.0.3, 10.0.0.2`
        expect(addressOf(['10.0.0.0/8'], '10.0.0.1', chain)).toBe(client)
      }),
    )
  })

  test.each([
    [1, '192.0.2.1:4711', '192.0.2.1'],
    [1, '[2001:db8::1]:4711', '2001:db8::1'],
    [1, '[2001:db8::1]', '2001:db8::1'],
    [1, '2001:DB8:0::1', '2001:db8::1'],
    [1, '::ffff:192.0.2.1', '192.0.2.1'],
    [3, '192.0.2.1', '192.0.2.1'],
  ])('with %i hops and %s is %s', (hops, forwarded, address) => {
    expect(addressOf(hops, '10.0.0.1', forwarded)).toBe(address)
  })

  test.each([
    'unknown',
    '',
    ' ',
    '_hidden',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4 1.2.3.4',
    '::1%x y',
  ])('that cannot be read, %j, leaves the address at the proxy that sent it', (forwarded) => {
    expect(addressOf(1, '10.0.0.1', forwarded)).toBe('10.0.0.1')
  })

  test('and the connection name the same client in one form', () => {
    expect(addressOf(0, '::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(addressOf(['10.0.0.0/8'], '::ffff:10.1.2.3', '192.0.2.1')).toBe('192.0.2.1')
    expect(addressOf(['fd00::/8', '::1'], '::1', '192.0.2.1, fd00::5')).toBe('192.0.2.1')
  })

  test('of any content and length ends somewhere', () => {
    fc.assert(
      fc.property(ADDRESS, fc.array(fc.oneof(ADDRESS, fc.string())), (peer, entries) => {
        expect(typeof addressOf(['0.0.0.0/0', '::/0'], peer, entries.join(','))).toBe('string')
      }),
    )
  })
})

test.each([[-1], [1.5], [17], [['10.0.0.0/33']], [['proxy.internal']], [['']]])(
  'trustedProxies %j is refused',
  (trusted) => {
    expect(() => createProxyTrust(trusted)).toThrow(/^trustedProxies: /)
  },
)
