import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'

export interface OriginRuleOptions {
  /** Its origin may call as well. */
  publicUrl: URL | undefined
  /** Other origins whose pages may call, each exactly as a browser sends it: `https://admin.example.com`. */
  allowedOrigins: readonly string[]
}

/** @throws {GatewayError} `ERR_ORIGIN_REFUSED`. */
export type OriginRule = (headers: IncomingHttpHeaders, isMultipart?: boolean) => void

/**
 * Keeps pages of other sites from acting with a visitor's cookie. `Origin` decides when it is present; else
 * `Sec-Fetch-Site` does. Both absent means not a browser: JSON is accepted, multipart is not, because it is the one
 * content type that tRPC takes and a plain HTML form can send.
 *
 * It holds for WebSocket upgrades as well: browsers send `Origin` with each of them and ask nobody before.
 */
export function createOriginRule(options: OriginRuleOptions): OriginRule {
  const listed = new Set(options.allowedOrigins.map(assertOrigin))
  if (options.publicUrl) listed.add(options.publicUrl.origin)
  return (headers, isMultipart) => {
    const { origin } = headers
    const site = headers['sec-fetch-site']
    if (origin !== undefined) {
      if (!listed.has(origin)) throw new GatewayError('ERR_ORIGIN_REFUSED')
    } else if (site !== undefined) {
      // A list of safe values: a header sent twice arrives joined and is none of them.
      if (site !== 'same-origin' && site !== 'none') throw new GatewayError('ERR_ORIGIN_REFUSED')
    } else if (isMultipart) {
      throw new GatewayError('ERR_ORIGIN_REFUSED')
    }
  }
}

/** An origin exactly as browsers send it. */
export const originSchema = z
  .string()
  .refine(
    (text) => URL.parse(text)?.origin === text,
    'is not an origin such as https://app.example.com',
  )

function assertOrigin(origin: string): string {
  if (!originSchema.safeParse(origin).success) {
    throw new TypeError(
      `allowedOrigins: "${origin}" is not an origin such as https://app.example.com`,
    )
  }
  return origin
}
