import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

type Query = (...args: unknown[]) => unknown

/** What of `pg` is traced: a pool, and the clients that it hands out. */
interface PoolLike {
  query: unknown
  on(event: 'connect', listener: (client: object & { query: unknown }) => void): unknown
}

/**
 * A span for each statement that is run on behalf of a request, with its verb and its table. The text is not in it, and
 * neither are values.
 */
export function tracePool(pool: PoolLike, tracer: Tracer): void {
  // A pool hands its statements to a client by a callback, in whatever context a client becomes free; here it is the
  // caller's. A client that somebody was given is asked for a promise.
  Object.assign(pool, { query: surround(pool, tracer, () => true) })
  pool.on('connect', (client) => {
    const isOwn = (args: unknown[]) => typeof args.at(-1) !== 'function'
    Object.assign(client, { query: surround(client, tracer, isOwn) })
  })
}

function surround(
  target: { query: unknown },
  tracer: Tracer,
  isTraced: (args: unknown[]) => boolean,
): Query {
  const query = target.query as Query
  return (...args) => {
    const run = () => Reflect.apply(query, target, args)
    if (trace.getSpan(context.active()) === undefined || !isTraced(args)) return run()
    const span = startSpan(tracer, args[0])
    const result = run()
    if (result instanceof Promise)
      result.then(
        () => span.end(),
        () => fail(span),
      )
    else span.end()
    return result
  }
}

function startSpan(tracer: Tracer, statement: unknown): Span {
  const summary = summarize(textOf(statement))
  return tracer.startSpan(summary.name, {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': summary.verb,
      ...(summary.table !== undefined && { 'db.collection.name': summary.table }),
    },
  })
}

// What the server says of a failed statement may repeat values of it.
function fail(span: Span): void {
  span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  if (typeof statement !== 'object' || statement === null || !('text' in statement)) return ''
  return String(statement.text)
}

const VERB = /^\s*(?:with\b.*?\)\s*)?([a-z]+)/is
const TABLE = /\b(?:from|into|update|join)\s+((?:"?[\w]+"?\.)?"?[\w]+"?)/i

function summarize(text: string): { name: string; verb: string; table: string | undefined } {
  const verb = VERB.exec(text)?.[1]?.toUpperCase() ?? 'QUERY'
  const table = TABLE.exec(text)?.[1]?.replaceAll('"', '')
  return { name: table === undefined ? verb : `${verb} ${table}`, verb, table }
}
