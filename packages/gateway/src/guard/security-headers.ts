import { z } from 'zod'

/** What a browser may be told to forget at sign-out, of the origin that answers. */
export const clearSiteDataSchema = z.array(z.enum(['cache', 'cookies', 'storage']))
export type ClearSiteData = readonly z.output<typeof clearSiteDataSchema>[number][]

const YEAR_SECONDS = 31_536_000

/**
 * Headers of every answer that does not say otherwise, a flat list. What is answered here is data for programs: no browser
 * should guess its type, show it as a page, embed it elsewhere, keep it, or say where it came from.
 *
 * @param publicUrl Own origin as browsers see it; over TLS it stays so for a year.
 */
export function securityHeaders(publicUrl: URL | undefined): readonly string[] {
  const isSecure = publicUrl?.protocol === 'https:'
  return [
    ...['x-content-type-options', 'nosniff'],
    ...['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
    ...['cross-origin-resource-policy', 'same-origin'],
    ...['referrer-policy', 'no-referrer'],
    ...['cache-control', 'no-store'],
    ...(isSecure ? ['strict-transport-security', `max-age=${YEAR_SECONDS}`] : []),
  ]
}

/** The value of a `Clear-Site-Data` header; undefined for nothing to forget. */
export function clearSiteDataOf(data: ClearSiteData): string | undefined {
  return data.length === 0 ? undefined : data.map((kind) => `"${kind}"`).join(', ')
}
