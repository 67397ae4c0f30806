/** Where the dashboard is, and for which paths its cookie is. */
export const BASE_PATH = '/queues'

/**
 * A page leads on and not a redirect: to a browser that comes from another site, a redirect is still a step of that site, and
 * it would not send the cookie.
 */
export const ENTERED = page(`<meta http-equiv="refresh" content="0;url=${BASE_PATH}/">`)

export const REFUSED = page(
  '<p>Open the dashboard anew: <code>operations.dashboard.open</code>.</p>',
)

function page(content: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Queues</title>${content}`
}

/** Of every answer. The board has styles in its elements and no script of others; its fonts of a third party are not fetched. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}
