import { runAll } from './run-all.ts'

/** In the order in which they run, each in `src/<part>/main.ts`. */
const PARTS = [
  'revocation', // from asking to refused
  'claims', // one role of many members
  'gateway', // a request, a batch, a stream
  'memory', // of a session
  'growth', // with sessions, instances, events
]

await runAll(PARTS)
