/**
 * Every key of the installation. All carry the same hash tag, the log's shard, so that a script which changes a record and
 * appends to the log touches one slot. `handle` is 16 characters, see `SubjectHandles` of the sessions package.
 */
export interface Keyspace {
  /** string, no expiry: `<counter> <random> <server run id> <replication id>` of the log's history. */
  readonly epoch: string
  /** string, no expiry: `<seq> <nonce>` of the last event. */
  readonly head: string
  /** stream, trimmed to about 100,000 entries: id `<epoch>-<seq>`. */
  readonly log: string
  /** channel: the same events, as hints. */
  readonly hints: string
  /** hash, no expiry: each running instance with its member record, taken out when it leaves or stands still. */
  readonly members: string
  /** string, no expiry: `<random of the epoch> done|settled`. */
  readonly barrier: string
  /** string, until the first instance fences: `new`, if the installation was declared so. */
  readonly closed: string
  /** channel: positions that members have applied, for the instance that originated an event. */
  acknowledgements(instance: string): string
  /** hash, no expiry: `*` or an organization id, to the position before which nothing is believed. */
  readonly notBefore: string
  /** string, no expiry: fingerprint of the pepper. */
  readonly pepper: string
  /** hash, until the last session's absolute end: the subject and its sessions. */
  sessions(handle: string): string
  /** hash, as long as `sessions`: free-text device labels by session. */
  labels(handle: string): string
  /**
   * hash, 30 days from the last write: cached claims, the version below which they are not believed, and before which place
   * in the log the subject's sessions have ended.
   */
  claims(handle: string): string
  /** hash, 30 days from the last write: cached rules of an organization and the version below which they are not believed. */
  rules(organization: string): string
  /** string, as long as the limit's window: what an unreadable key has used of it. The library adds a colon and the key. */
  rateLimit(name: string): string
  /** string, 30 days: an account has signed in from a network; neither can be read from the name. */
  signInNetwork(name: string): string
  /** string, 24 h: the result of a change that was asked for under this id. */
  operation(id: string): string
}

/** @param prefix First part of every key, by default `pc`; a test has its own. */
export function createKeyspace(prefix = 'pc'): Keyspace {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(prefix)) {
    throw new TypeError('prefix must be 1 to 32 letters, digits, _ or -')
  }
  const root = `${prefix}:{0}:`
  return {
    epoch: `${root}epoch`,
    head: `${root}head`,
    log: `${root}log`,
    hints: `${root}hints`,
    members: `${root}members`,
    barrier: `${root}barrier`,
    closed: `${root}closed`,
    acknowledgements: (instance) => `${root}acks:${instance}`,
    notBefore: `${root}nb`,
    pepper: `${root}pepper`,
    sessions: (handle) => `${root}u:${handle}`,
    labels: (handle) => `${root}d:${handle}`,
    claims: (handle) => `${root}c:${handle}`,
    rules: (organization) => `${root}r:${organization}`,
    rateLimit: (name) => `${root}rl:${name}`,
    signInNetwork: (name) => `${root}sn:${name}`,
    operation: (id) => `${root}op:${id}`,
  }
}
