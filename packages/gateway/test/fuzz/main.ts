import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

/** `pnpm test:fuzz [--requests 200000] [--seed n]`: the long run, with a seed of its own that it prints. */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
})
const say = (line: string) => void process.stdout.write(`${line}\n`)
const [requests, seed] = [Number(values.requests), Number(values.seed)]
const startedAt = performance.now()

say(`${requests} requests, seed ${seed}`)
const { sent, statuses, forwarded, findings, complaints } = await fuzz({
  requests,
  seed,
  onProgress: (count) => {
    if (count % 10_000 === 0) say(`${count} sent`)
  },
})
const minutes = (performance.now() - startedAt) / 60_000
const byStatus = [...statuses]
  .sort(([a], [b]) => a - b)
  .map(([status, n]) => `${status || 'none'}: ${n}`)
for (const finding of findings) say(finding)
if (complaints !== '') say(`the gateway wrote:\n${complaints.slice(0, 5_000)}`)
say(`answers by status: ${byStatus.join(', ')}`)
say(`${forwarded} requests reached a service`)
const isClean = findings.length === 0 && complaints === ''
say(
  `${sent} requests in ${minutes.toFixed(1)} minutes, seed ${seed}: ${isClean ? 'nothing found' : 'see above'}`,
)
process.exitCode = isClean ? 0 : 1
