import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { startGateway } from './gateway.ts'
import { instancePlanSchema } from './instance-plan.ts'
import { startService } from './service.ts'

const {
  kind,
  services = {},
  ...plan
} = instancePlanSchema.parse(JSON.parse(process.env['INSTANCE'] ?? 'null'))
const { url } =
  kind === 'gateway' ? await startGateway({ ...plan, services }) : await startService(plan)

// The harness reaches into the process here, past what is tested.
const control = createServer(async (request, response) => {
  const ms = Number(await text(request))
  response.end()
  const endsAt = performance.now() + ms
  while (performance.now() < endsAt);
}).listen(0, '127.0.0.1')
await once(control, 'listening')
const { port } = control.address() as AddressInfo
process.stdout.write(`ready ${url} http://127.0.0.1:${port}\n`)
process.once('SIGTERM', () => process.exit())
