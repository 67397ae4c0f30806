import { GatewayError } from '../errors.ts'

/** What a request asks to be executed, as the service's tRPC will read it. */
export interface Target {
  /** Procedure paths in call order, at least one. */
  readonly paths: readonly string[]
  readonly isBatch: boolean
  /** The query string's pairs besides `batch` and `input`, `name=value` as they came, each checked. */
  readonly extras: readonly string[]
  /** Percent-encoded value of `input`, as it came. */
  readonly input: string | undefined
}

export interface TargetLimits {
  readonly urlBytes: number
  readonly batchSize: number
}

/** How URLs say where a procedure is. */
export interface TargetForm {
  /** What comes before every path: empty, or `/trpc` without a slash at its end. */
  readonly basePath: string
  /** Between the segments of a path, beside the dot, which always is one. What is forwarded has dots. */
  readonly pathSeparator: PathSeparator
}

export type PathSeparator = '.' | '_' | '~' | '-'

const PLAIN_FORM: TargetForm = { basePath: '', pathSeparator: '.' }

/**
 * Reads an origin-form request target. Only what tRPC's own client would send is read; everything that another reader
 * might take for something else is refused: an escape, a slash or an empty segment in the path, an escape in the name of
 * a query parameter, a parameter given twice, `batch` with any value but 1.
 *
 * @throws {GatewayError} `ERR_TARGET_INVALID`, `ERR_TARGET_TOO_LONG`, `ERR_BATCH_TOO_LARGE`.
 */
export function parseTarget(
  url: string,
  limits: TargetLimits,
  { basePath, pathSeparator }: TargetForm = PLAIN_FORM,
): Target {
  if (url.length > limits.urlBytes) throw new GatewayError('ERR_TARGET_TOO_LONG')
  const mark = url.indexOf('?')
  const begin = basePath.length + 1
  const text = mark === -1 ? url.slice(begin) : url.slice(begin, mark)
  const path = pathSeparator === '.' ? text : text.replaceAll(pathSeparator, '.')
  const isBelow = url[basePath.length] === '/' && url.startsWith(basePath)
  if (!isBelow || !PATH.test(path)) throw new GatewayError('ERR_TARGET_INVALID')
  const query = mark === -1 ? NO_QUERY : parseQuery(url.slice(mark + 1))
  const paths = path.includes(',') ? path.split(',') : [path]
  if (paths.length > 1 && !query.isBatch) throw new GatewayError('ERR_TARGET_INVALID')
  if (paths.length > limits.batchSize) throw new GatewayError('ERR_BATCH_TOO_LARGE')
  return { paths, isBatch: query.isBatch, extras: query.extras, input: query.input }
}

/** The target to forward. Never the one that came: what was not read is not passed on. */
export function buildTarget(target: Target): string {
  const { extras, isBatch, input } = target
  const path = `/${target.paths.length === 1 ? target.paths[0] : target.paths.join(',')}`
  // What nearly every query has.
  if (extras.length === 0 && !isBatch) return input === undefined ? path : `${path}?input=${input}`
  const pairs = [...extras]
  if (isBatch) pairs.push('batch=1')
  if (input !== undefined) pairs.push(`input=${input}`)
  return `${path}?${pairs.join('&')}`
}

/** First segment of a procedure path: the name of the service that mounts it. */
export function serviceOf(path: string): string {
  const dot = path.indexOf('.')
  return dot === -1 ? path : path.slice(0, dot)
}

// Dot-separated names, comma-separated paths. No character of it is ever escaped, resolved or normalised by a URL parser.
const PATH = /^[\w$~-]+(?:\.[\w$~-]+)*(?:,[\w$~-]+(?:\.[\w$~-]+)*)*$/
const NAME = /^[\w.$~-]+$/
// Visible ASCII without `#`, `&` and `\`; a percent sign begins a whole escape.
const VALUE = /^(?:[!"$'-[\]-~]|%[\dA-Fa-f]{2})*$/

interface Query {
  isBatch: boolean
  extras: string[]
  input: string | undefined
}

const NO_QUERY: Query = { isBatch: false, extras: [], input: undefined }

function parseQuery(text: string): Query {
  const query: Query = { isBatch: false, extras: [], input: undefined }
  if (text === '') return query
  // What nearly every query has, and no more.
  if (text.startsWith('input=') && !text.includes('&')) {
    query.input = text.slice(6)
    if (!VALUE.test(query.input)) throw new GatewayError('ERR_TARGET_INVALID')
    return query
  }
  const seen = new Set<string>()
  for (const pair of text.split('&')) readPair(pair, query, seen)
  return query
}

function readPair(pair: string, query: Query, seen: Set<string>): void {
  const equals = pair.indexOf('=')
  const name = equals === -1 ? pair : pair.slice(0, equals)
  const value = equals === -1 ? '' : pair.slice(equals + 1)
  if (!NAME.test(name) || !VALUE.test(value) || seen.has(name)) {
    throw new GatewayError('ERR_TARGET_INVALID')
  }
  seen.add(name)
  if (name === 'input') query.input = value
  else if (name !== 'batch') query.extras.push(pair)
  else if (value === '1') query.isBatch = true
  else throw new GatewayError('ERR_TARGET_INVALID')
}
