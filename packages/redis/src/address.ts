import { isIPv6 } from 'node:net'

export interface RedisHost {
  readonly host: string
  readonly port: number
}

interface Credentials {
  readonly db: number
  readonly user: string | null
  readonly password: string | null
  readonly isEncrypted: boolean
}

/** One server, or the sentinels that know which server is the primary called `primaryName`. */
export type RedisAddress =
  | (Credentials & RedisHost & { readonly kind: 'server' })
  | (Credentials & {
      readonly kind: 'sentinel'
      readonly sentinels: readonly RedisHost[]
      readonly primaryName: string
    })

/**
 * Reads an address: `redis://[user:password@]host:port/database`, or
 * `redis+sentinel://[user:password@]host:port,host:port/database?name=<name of the primary>`. With `rediss` for `redis` the
 * connection is encrypted, to the sentinels too. User and password are percent-encoded and go to the servers, not to the
 * sentinels. Ports are 6379 and 26379 by default, the database is 0.
 *
 * @throws {TypeError} that says what is wrong, and repeats neither user nor password.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const parts = SHAPE.exec(text)?.groups
  if (!parts) throw refusal('must be redis://host:port/database or redis+sentinel://host:port,...')
  const common = {
    ...parseCredentials(parts['credentials']),
    db: parseDatabase(parts['database']),
    isEncrypted: parts['encrypted'] !== undefined,
  }
  const query = new URLSearchParams(parts['query'] ?? '')
  if (parts['sentinel'] === undefined) {
    if (query.size > 0) throw refusal('takes no parameters without +sentinel')
    return { kind: 'server', ...common, ...parseHost(parts['hosts'], SERVER_PORT) }
  }
  const sentinels = (parts['hosts'] ?? '').split(',').map((host) => parseHost(host, SENTINEL_PORT))
  return { kind: 'sentinel', ...common, sentinels, primaryName: parsePrimaryName(query) }
}

const SHAPE =
  /^redis(?<encrypted>s)?(?<sentinel>\+sentinel)?:\/\/(?:(?<credentials>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<database>[^/?#]*))?(?:\?(?<query>[^#]*))?$/i
const HOST = /^(?:(?<name>[A-Za-z0-9._-]+)|\[(?<address>[^\]]+)\])(?::(?<port>\d{1,5}))?$/
const PRIMARY_NAME = /^[A-Za-z0-9._-]{1,100}$/
const SERVER_PORT = 6_379
const SENTINEL_PORT = 26_379

function parseHost(text = '', defaultPort: number): RedisHost {
  const { name, address, port } = HOST.exec(text)?.groups ?? {}
  const host = name ?? address
  if (host === undefined || (address !== undefined && !isIPv6(address))) {
    throw refusal('has a host that is neither a name, an IPv4 address nor an IPv6 address in []')
  }
  const number = Number(port ?? defaultPort)
  if (number < 1 || number > 65_535) throw refusal('has a port that is not 1 to 65535')
  return { host, port: number }
}

function parseCredentials(text: string | undefined): Pick<Credentials, 'user' | 'password'> {
  if (text === undefined) return { user: null, password: null }
  const [user = '', password] = text.split(/:(.*)/s)
  if (!password) throw refusal('has a user without a password')
  return { user: user === '' ? null : decode(user), password: decode(password) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refusal('has a user or password that is not percent-encoded')
  }
}

function parseDatabase(text = ''): number {
  if (!/^\d{0,4}$/.test(text)) throw refusal('has a database that is not a number')
  return Number(text)
}

function parsePrimaryName(query: URLSearchParams): string {
  const name = query.get('name') ?? ''
  if (query.size !== 1 || !PRIMARY_NAME.test(name)) {
    throw refusal('needs ?name=<name of the primary>, as the sentinels call it, and nothing else')
  }
  return name
}

function refusal(what: string): TypeError {
  return new TypeError(`The address of Redis ${what}`)
}
