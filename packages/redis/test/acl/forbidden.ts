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

const { epoch, head, log, hints, notBefore, pepper } = keys

/** What nobody but the operator may, whichever service is asked. */
const FORBIDDEN_TO_ALL: readonly Command[] = [
  ['DEL', log],
  ['UNLINK', log],
  ['XTRIM', log, 'MAXLEN', 0],
  ['XDEL', log, '1-1'],
  ['DEL', epoch],
  ['DEL', head],
  ['DEL', members],
  ['EXPIRE', log, 1],
  ['RENAME', log, epoch],
  ['GETDEL', epoch],
  ['KEYS', '*'],
  ['SCAN', 0],
  ['RANDOMKEY'],
  ['DBSIZE'],
  ['FLUSHALL'],
  ['FLUSHDB'],
  ['SWAPDB', 0, 1],
  ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
  ['ACL', 'LIST'],
  ['ACL', 'SETUSER', 'orders', 'on'],
  ['CLIENT', 'LIST'],
  ['CLIENT', 'KILL', 'TYPE', 'normal'],
  ['CLIENT', 'PAUSE', 1_000],
  ['MONITOR'],
  ['SLOWLOG', 'GET'],
  ['SCRIPT', 'FLUSH'],
  ['SCRIPT', 'KILL'],
  ['FUNCTION', 'FLUSH'],
  ['REPLICAOF', 'NO', 'ONE'],
  ['FAILOVER'],
  ['SAVE'],
  ['BGREWRITEAOF'],
  ['SHUTDOWN', 'NOSAVE'],
  ['MIGRATE', '127.0.0.1', 1, epoch, 0, 100],
  ['PSYNC', '?', -1],
  ['GET', 'another'],
  ['SET', 'another', 1],
  ['GET', '{pc-jobs}:queue:meta'],
  ['SUBSCRIBE', 'another'],
  ['PSUBSCRIBE', '*'],
  ['PUBLISH', 'another', 1],
]

const FORBIDDEN_WITHOUT_SESSIONS: readonly Command[] = [
  ['CONFIG', 'GET', '*'],
  ['HGETALL', sessions],
  ['HGET', sessions, 's'],
  ['HSET', sessions, 'field', 'record'],
  ['HDEL', sessions, 's'],
  ['DEL', sessions],
  ['EXPIREAT', sessions, 9_999_999_999],
  ['HGETALL', labels],
  ['HGET', notBefore, '*'],
  ['HDEL', notBefore, '*'],
  ['SET', epoch, '9 r id'],
  ['SET', barrier, 'r settled'],
  ['SET', closed, '1 n'],
  ['SELECT', 1],
]

/** To those who only fence, read the log and acknowledge. */
const FORBIDDEN_TO_FOLLOWERS: readonly Command[] = [
  ['SET', head, '9 n'],
  ['XADD', log, '*', 'k', 'session.revoked'],
  ['PUBLISH', hints, '[]'],
  ['HGET', claims, 'j'],
  ['HSET', claims, 'f', 9],
  ['GET', operation],
  ['SET', operation, '1 2 n'],
  ['GET', pepper],
  ['SETNX', pepper, 'x'],
]

/** What a user tries in vain, alone and in a script. */
export const FORBIDDEN: Record<string, readonly Command[]> = {
  gateway: [...FORBIDDEN_TO_ALL, ['SELECT', 1]],
  accounts: [
    ...FORBIDDEN_TO_ALL,
    ...FORBIDDEN_WITHOUT_SESSIONS,
    ['DEL', claims],
    ['HGETALL', claims],
  ],
  orders: [...FORBIDDEN_TO_ALL, ...FORBIDDEN_WITHOUT_SESSIONS, ...FORBIDDEN_TO_FOLLOWERS],
  worker: [
    ...FORBIDDEN_TO_ALL.filter(([, key]) => key !== '{pc-jobs}:queue:meta'),
    ...FORBIDDEN_WITHOUT_SESSIONS.filter(([name]) => name !== 'SELECT'),
    ...FORBIDDEN_TO_FOLLOWERS,
  ],
}
