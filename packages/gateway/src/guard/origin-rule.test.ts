import { describe, expect, test } from 'vitest'
import { createOriginRule } from './origin-rule.ts'

const rule = createOriginRule({
  publicUrl: new URL('https://app.example.com/'),
  allowedOrigins: ['https://admin.example.com'],
})
const refused = expect.objectContaining({ code: 'ERR_ORIGIN_REFUSED' })

describe('origin rule', () => {
  test.each([
    { origin: 'https://app.example.com' },
    { origin: 'https://app.example.com', 'sec-fetch-site': 'same-origin' },
    { origin: 'https://admin.example.com', 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ])('lets %j in, multipart too', (headers) => {
    expect(() => rule(headers, true)).not.toThrow()
  })

  test.each([
    { origin: 'https://evil.example.com' },
    { origin: 'null' },
    { origin: 'http://app.example.com' },
    { origin: 'https://app.example.com, https://evil.example.com' },
    { origin: 'https://evil.example.com', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-origin, cross-site' },
  ])('refuses %j', (headers) => {
    expect(() => rule(headers, false)).toThrow(refused)
  })

  test('takes JSON but no form from what is not a browser', () => {
    expect(() => rule({}, false)).not.toThrow()
    expect(() => rule({}, true)).toThrow(refused)
  })

  test('refuses to be built with something that is not an origin', () => {
    const publicUrl = new URL('https://app.example.com')
    for (const origin of ['https://a.example.com/', 'a.example.com', '*']) {
      expect(() => createOriginRule({ publicUrl, allowedOrigins: [origin] })).toThrow(TypeError)
    }
  })
})
