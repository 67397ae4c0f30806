import { createServer } from 'node:http'
import { createLogger } from '@portcullis/runtime'
import { eventually } from '@portcullis/testing'
import { parse, stringify } from 'devalue'
import superjson from 'superjson'
import { describe, expect, test } from 'vitest'
import { createGateway } from '../src/gateway.ts'
import type { PassThroughOptions } from '../src/options.ts'
import { serve, startDateUpstream, startUpstream } from './support/upstream.ts'

const devalue = { name: 'devalue', serialize: stringify, deserialize: parse }

/** A gateway and what it logs of transformers, as `[level, service, found]`. */
async function start(options: Pick<PassThroughOptions, 'services' | 'transformer'>) {
  const reports: unknown[][] = []
  const destination = {
    write(line: string) {
      const { level, service, found, msg } = JSON.parse(line)
      if (/transformer/.test(msg)) reports.push([level, service, found])
    },
  }
  const logger = createLogger({ name: 'gateway', destination })
  const gateway = await createGateway({ ...options, sessions: false, logger })
  return Object.assign(gateway, { reports })
}

const [WARN, ERROR] = [40, 50]

describe('at start', () => {
  test.each([
    ['none', 'none' as const, ['superjson', 'another']],
    ['superjson', 'superjson' as const, ['none', 'another']],
    ['any other', devalue, ['none', 'superjson']],
  ])('each service that has not the transformer %s is named', async (name, transformer, found) => {
    await using plain = await startUpstream('plain')
    await using packed = await startDateUpstream('packed', superjson)
    await using coded = await startDateUpstream('coded', devalue)
    const services = { plain: plain.url, packed: packed.url, coded: coded.url }
    await using gateway = await start({ services, transformer })
    await eventually(() => expect(gateway.reports).toHaveLength(2))
    expect(gateway.reports.map(([level]) => level)).toEqual([ERROR, ERROR])
    expect(gateway.reports.map(([, , other]) => other).toSorted()).toEqual(found.toSorted())
    const agreeing = { none: 'plain', superjson: 'packed', 'any other': 'coded' }[name]
    expect(gateway.reports.map(([, service]) => service)).not.toContain(agreeing)
  })

  test('what is no tRPC service is said to be unknown', async () => {
    await using page = await serve(createServer((_request, response) => response.end('<html>')))
    await using gateway = await start({ services: { page: page.url } })
    await eventually(() => expect(gateway.reports).toEqual([[WARN, 'page', undefined]]))
  })

  test('a service that is away is looked at when it is there', async () => {
    const away = await startDateUpstream('dates', superjson)
    const { port } = away
    await away[Symbol.asyncDispose]()
    await using gateway = await start({ services: { dates: away.url } })
    const { url } = await gateway.listen()
    expect((await fetch(`${url}/dates.later`)).status).toBe(502)
    expect(gateway.reports).toEqual([])
    await using _back = await startDateUpstream('dates', superjson, port)
    await eventually(() => expect(gateway.reports).toEqual([[ERROR, 'dates', 'superjson']]))
  })
})

test('a service that is added while it serves is looked at, and one that stays is not again', async () => {
  await using plain = await startUpstream('plain')
  await using packed = await startDateUpstream('packed', superjson)
  await using gateway = await start({ services: { plain: plain.url } })
  await eventually(() => expect(plain.seen).toHaveLength(1))
  gateway.updateServices({ services: { plain: plain.url, packed: packed.url } })
  await eventually(() => expect(gateway.reports).toEqual([[ERROR, 'packed', 'superjson']]))
  expect(plain.seen.map(({ url }) => url)).toEqual(['/plain.portcullis-transformer'])
})
