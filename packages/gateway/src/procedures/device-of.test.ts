import { expect, test } from 'vitest'
import { deviceOf } from './device-of.ts'

const GECKO = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test.each([
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${GECKO} Chrome/140.0 Safari/537.36`,
    'browser',
    'Chrome on Linux',
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0) ${GECKO} Chrome/140 Safari/537 Edg/140`,
    'browser',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Mobile/15E Safari/604',
    'phone',
    'Safari on iOS',
  ],
  [
    `Mozilla/5.0 (Linux; Android 15; Pixel) ${GECKO} Chrome/140 Mobile Safari/537`,
    'phone',
    'Chrome on Android',
  ],
  ['Mozilla/5.0 (iPad; CPU OS 18 like Mac OS X) Safari/604', 'tablet', 'Safari on iOS'],
  ['curl/8.9.1', 'command-line', 'curl'],
  ['node', 'server', null],
  ['\u0000<script>', 'unknown', null],
  [undefined, 'unknown', null],
])('%s is a %s', (userAgent, kind, label) => {
  expect(deviceOf(userAgent)).toEqual({ kind, label })
})
