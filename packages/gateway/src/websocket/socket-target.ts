import { GatewayError } from '../errors.ts'
import { parseTarget, type TargetLimits } from '../request/target.ts'

/** What the URL of an upgrade says. */
export interface SocketTarget {
  /** Pairs of the query string for the services, `name=value` as they came, each checked. */
  readonly extras: readonly string[]
  /** Whether the first frame carries connection parameters. */
  readonly hasParams: boolean
}

const PARAMS = 'connectionParams=1'
const PATH = /^\/(?:[\w$~-][\w$~.-]*\/)*(?:[\w$~-][\w$~.-]*)?$/

/**
 * A socket may be opened at any path, as at a tRPC server: the paths of calls are in its messages.
 *
 * @throws {GatewayError} `ERR_TARGET_INVALID`, `ERR_TARGET_TOO_LONG`
 */
export function parseSocketTarget(url: string, limits: TargetLimits): SocketTarget {
  const [path = '', ...query] = url.split('?')
  if (url.length > limits.urlBytes) throw new GatewayError('ERR_TARGET_TOO_LONG')
  if (!PATH.test(path)) throw new GatewayError('ERR_TARGET_INVALID')
  const { extras } = parseTarget(`/socket?${query.join('?')}`, limits)
  return { extras: extras.filter((pair) => pair !== PARAMS), hasParams: extras.includes(PARAMS) }
}

/** Where the socket to a service is opened. */
export function buildSocketUrl(base: string, target: SocketTarget): string {
  const pairs = target.hasParams ? [...target.extras, PARAMS] : target.extras
  const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`
  return `${base.replace(/^http/, 'ws')}/${query}`
}
