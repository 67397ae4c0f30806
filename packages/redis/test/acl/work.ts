import {
  barrier,
  type Command,
  claims,
  closed,
  keys,
  labels,
  members,
  operation,
  sessions,
} from './names.ts'

export const SERVICES = ['gateway', 'accounts', 'orders', 'worker'] as const
export type Service = (typeof SERVICES)[number]

const { epoch, head, log, hints, notBefore } = keys
const history = [epoch, head, log]
const shared = [...history, members, barrier, closed]

/**
 * What the scripts of packages/revocation and packages/sessions do, command by command, and who runs them. They stand in for
 * the scripts themselves, which this package may not import: one that comes to need more is given it here and in
 * users.acl.template.
 */
export const WORK: readonly [string, readonly Service[], readonly string[], readonly Command[]][] =
  [
    [
      'fence: write the member record, read the log onward',
      SERVICES,
      shared,
      [
        ['GET', epoch],
        ['GET', head],
        ['INFO', 'server', 'replication'],
        ['HSET', members, 'ins_me', 'record'],
        ['DEL', closed],
        ['XREVRANGE', log, '+', '1-0', 'COUNT', 10],
        ['XRANGE', log, '(1-0', '+', 'COUNT', 10],
        ['HGETALL', members],
        ['GET', barrier],
      ],
    ],
    [
      'leave: take the own record out',
      SERVICES,
      shared,
      [
        ['GET', epoch],
        ['HGET', members, 'ins_me'],
        ['HDEL', members, 'ins_me'],
        ['EXISTS', members],
        ['GET', barrier],
      ],
    ],
    [
      'open a history, raise its barrier, record that the last one left',
      ['gateway'],
      shared,
      [
        ['EXISTS', ...shared],
        ['GET', closed],
        ['SET', epoch, '2 r id'],
        ['SET', head, '1 n'],
        ['SET', barrier, 'r settled'],
        ['SET', closed, '1 n'],
      ],
    ],
    [
      'announce a change of claims, and list who has to be waited for',
      ['gateway', 'accounts'],
      [...history, claims, operation, members, barrier],
      [
        ['HGETALL', members],
        ['GET', barrier],
        ['GET', operation],
        ['HGET', claims, 'f'],
        ['HSET', claims, 'f', 2],
        ['PEXPIRE', claims, 60_000],
        ['XADD', log, 'MAXLEN', '~', 1_000, '*', 'k', 'claims.changed'],
        ['SET', operation, '1 2 n', 'PX', 60_000],
        ['SET', head, '2 n'],
        ['PUBLISH', hints, '[]'],
      ],
    ],
    [
      'start, load, touch, list, renew, repair and end sessions',
      ['gateway'],
      [...history, notBefore, sessions, labels, claims, members, barrier],
      [
        ['HGETALL', members],
        ['GET', barrier],
        ['INFO', 'memory'],
        ['TIME'],
        ['HSET', sessions, 'field', 'record'],
        ['HSET', labels, 'field', 'label'],
        ['HGETALL', sessions],
        ['HGET', sessions, 'field'],
        ['HGET', labels, 'field'],
        ['HMGET', claims, 'v', 'e', 'f', 'j'],
        ['HGET', notBefore, '*'],
        ['EXPIREAT', sessions, 9_999_999_999],
        ['EXPIREAT', labels, 9_999_999_999],
        ['HDEL', sessions, 'field'],
        ['HDEL', labels, 'field'],
        ['DEL', sessions, labels],
        ['HSET', notBefore, 'org_acme', '1 2'],
        ['HSET', claims, 'v', 1, 'e', 1, 'j', '{}'],
        ['PEXPIRE', claims, 60_000],
        ['XADD', log, 'MAXLEN', '~', 1_000, '*', 'k', 'session.revoked'],
        ['SET', head, '3 n'],
        ['PUBLISH', hints, '[]'],
      ],
    ],
  ]
