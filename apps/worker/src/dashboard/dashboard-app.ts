import type { Logger } from '@portcullis/runtime'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'
import { WorkerError } from '../errors.ts'
import { BASE_PATH, ENTERED, HEADERS, REFUSED } from './pages.ts'
import type { Secrets } from './secrets.ts'
import type { Viewer, Viewers } from './viewer.ts'

/** Bytes of a request's body; the board sends next to nothing. */
const MAX_BODY_BYTES = 16_384

export interface DashboardAppOptions {
  readonly board: Hono
  /** As browsers see it. */
  readonly origin: string
  readonly viewers: Pick<Viewers, 'mayLook'>
  /** Each is good for one entry. */
  readonly tickets: Secrets<Viewer>
  /** What the cookies stand for. */
  readonly entries: Secrets<Viewer>
  readonly logger: Logger
}

/** The board behind a cookie that a ticket is exchanged for. Whoever has it is judged anew at each request. */
export function createDashboardApp(options: DashboardAppOptions): Hono {
  const { board, logger } = options
  const app = new Hono({ strict: false })
  app.use(withHeaders)
  app.get(`${BASE_PATH}/enter`, (context) => enter(context, options))
  app.use(`${BASE_PATH}/*`, bodyLimit({ maxSize: MAX_BODY_BYTES }))
  app.use(`${BASE_PATH}/*`, createGuard(options))
  app.use(`${BASE_PATH}/*`, withoutThirdParties)
  app.route(BASE_PATH, board)
  app.onError((err, context) => {
    logger.warn({ err }, 'queue dashboard')
    const isPassing = err instanceof WorkerError
    if (isPassing) context.header('retry-after', '1')
    return context.text(isPassing ? err.code : 'ERR_INTERNAL', isPassing ? 503 : 500)
  })
  return app
}

/** `__Secure-` where it is not on this machine: the gateway may have the same host, so it is for a path, and cannot be `__Host-`. */
function cookieOf(origin: string) {
  const secure = origin.startsWith('https:')
  return { name: secure ? '__Secure-queues' : 'queues', secure }
}

function enter(context: Context, { tickets, entries, origin }: DashboardAppOptions) {
  // A HEAD comes from something that looks at links.
  const isEntry = context.req.method === 'GET'
  const viewer = isEntry ? tickets.take(context.req.query('ticket') ?? '') : undefined
  if (!viewer) return context.html(REFUSED, 401)
  const { name, secure } = cookieOf(origin)
  const limits = { path: BASE_PATH, httpOnly: true, sameSite: 'Strict', secure } as const
  setCookie(context, name, entries.issue(viewer), limits)
  return context.html(ENTERED)
}

function createGuard({ viewers, entries, origin, logger }: DashboardAppOptions): MiddlewareHandler {
  const { name } = cookieOf(origin)
  return async (context, next) => {
    const { method, path } = context.req
    const isReading = method === 'GET' || method === 'HEAD'
    // Browsers send it with whatever is not a GET, and nothing else has this cookie.
    if (!isReading && context.req.header('origin') !== origin)
      return context.text('ERR_ORIGIN_REFUSED', 403)
    const secret = getCookie(context, name) ?? ''
    const viewer = entries.find(secret)
    if (!viewer) return context.html(REFUSED, 401)
    if (!(await viewers.mayLook(viewer))) {
      entries.take(secret)
      return context.html(REFUSED, 401)
    }
    const { subject, session } = viewer.carrier
    if (!isReading) logger.info({ subject, session, method, path }, 'queue dashboard: a change')
    await next()
  }
}

const withHeaders: MiddlewareHandler = async (context, next) => {
  await next()
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
}

/** The board's page asks a third party for fonts. */
const withoutThirdParties: MiddlewareHandler = async (context, next) => {
  await next()
  if (!context.res.headers.get('content-type')?.startsWith('text/html')) return
  const page = await context.res.text()
  context.res = new Response(page.replace(/<link [^>]*href="https:[^>]*>/g, ''), context.res)
}
