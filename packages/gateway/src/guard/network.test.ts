import { expect, test } from 'vitest'
import { networkOf } from './network.ts'

test('all addresses that one host can have are one network', () => {
  const networks = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:0db8:1:2:a:b:c:d'].map(
    networkOf,
  )
  expect(new Set(networks).size).toBe(1)
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networks[0])
  expect(networkOf('fe80::1%eth0')).toBe(networkOf('fe80::2'))
  expect(networkOf('::ffff:192.0.2.1')).toBe(networkOf('192.0.2.1'))
  expect(networkOf('192.0.2.1')).not.toBe(networkOf('192.0.2.2'))
  expect(networkOf('unknown')).toBe('unknown')
})
