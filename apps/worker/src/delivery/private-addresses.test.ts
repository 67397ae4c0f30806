import { expect, it } from 'vitest'
import { isPrivateAddress, lookUpPublic } from './private-addresses.ts'

it.each([
  ['10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1'],
  ['127.0.0.1', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255'],
  ['::1', '::', 'fe80::1', 'fd00::1', 'ff02::1', '::ffff:10.0.0.1', '::ffff:8.8.8.8'],
  ['64:ff9b::a00:1', '2002:a00:1::', '2001:db8::1'],
])('%s and the like are no receivers on the Internet', (...addresses) => {
  expect(addresses.filter((address) => !isPrivateAddress(address))).toEqual([])
})

it('public addresses and names are not private', () => {
  const fine = ['8.8.8.8', '172.32.0.1', '2606:4700::1111', 'example.com']
  expect(fine.filter(isPrivateAddress)).toEqual([])
})

it('a name that leads to a private address is refused before anything is connected', async () => {
  const refused = Promise.withResolvers<unknown>()
  lookUpPublic('localhost', {}, (error) => refused.resolve(error))
  expect(await refused.promise).toMatchObject({ code: 'ERR_RECEIVER_ADDRESS_PRIVATE' })
})
