import { expect, test } from 'vitest'
import { createPseudonyms } from './pseudonyms.ts'
import { truncateAddress } from './shown-address.ts'

test.each([
  ['192.0.2.77', '192.0.2.0'],
  ['::ffff:192.0.2.77', '192.0.2.0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
  ['2001:db8::6', '2001:db8:0::'],
  ['::1', '0:0:0::'],
  ['unknown', 'unknown'],
])('of the address %s only the network remains', (address, network) => {
  expect(truncateAddress(address)).toBe(network)
})

test('names depend on the installation', () => {
  const [one, other] = [createPseudonyms('a'.repeat(43)), createPseudonyms('b'.repeat(43))]
  expect(one.ofAddress('192.0.2.7')).toBe(one.ofAddress('192.0.2.7'))
  expect(one.ofAddress('192.0.2.7')).not.toBe(other.ofAddress('192.0.2.7'))
})
