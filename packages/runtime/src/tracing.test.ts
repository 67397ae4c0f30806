import { expect, test } from 'vitest'
import { startTracing } from './tracing.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

test.each([
  ['no endpoint', {}],
  ['an endpoint, and the SDK disabled', { ...endpoint, OTEL_SDK_DISABLED: 'true' }],
  ['an endpoint, and no exporter', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
])('with %s nothing is traced', async (_, environment) => {
  expect(await startTracing('gateway', environment)).toBeUndefined()
})

test.each([
  ['a sampler that there is not', { OTEL_TRACES_SAMPLER: 'hunter2' }],
  ['a protocol that is not spoken', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
  ['a share beyond 1', { OTEL_TRACES_SAMPLER_ARG: '2' }],
])('%s is refused by its name', async (_, environment) => {
  const [name = ''] = Object.keys(environment)
  const refused = startTracing('gateway', { ...endpoint, ...environment })
  await expect(refused).rejects.toMatchObject({
    code: 'ERR_ENVIRONMENT_INVALID',
    mistakes: [expect.stringMatching(name)],
  })
})
