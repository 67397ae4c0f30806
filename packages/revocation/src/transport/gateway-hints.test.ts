import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GatewayClient } from './gateway-client.ts'
import { hearGateway } from './gateway-hints.ts'
import type { HintLine } from './wire.ts'

/** Hears one stream that comes in these chunks, and what is said after it has ended. */
async function hear(chunks: readonly Uint8Array[], isLeft = false): Promise<string[]> {
  const heard: string[] = []
  const ending = new AbortController()
  const client: Pick<GatewayClient, 'stream'> = {
    async stream(_call, _body, consume) {
      const call = new AbortController()
      async function* stream() {
        yield* chunks
        if (isLeft) call.abort()
      }
      await consume(stream(), call).finally(() => ending.abort())
    },
  }
  const listener = {
    onHint: (message: string) => heard.push(message),
    onAcknowledgement: (message: string) => heard.push(message),
    onGap: () => heard.push('gap'),
  }
  const signal = ending.signal
  await hearGateway({ client: client as GatewayClient, instance: 'ins_a', listener, signal })
  return heard
}

const bytesOf = (lines: readonly HintLine[]) =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))

test('lines are heard whole and in order, however the stream is cut into chunks', async () => {
  const kind = fc.constantFrom('hint' as const, 'acknowledgement' as const)
  const lines = fc.array(fc.record({ kind, message: fc.string({ unit: 'binary' }) }))
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 40 }), async (said, size) => {
      const bytes = bytesOf(said)
      const count = Math.ceil(bytes.length / size)
      const chunks = Array.from({ length: count }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      expect(await hear(chunks)).toEqual([...said.map(({ message }) => message), 'gap'])
    }),
  )
})

test('a stream that says something unreadable is over, and something may be missing', async () => {
  expect(await hear([Buffer.from('{"kind":"ping"}\nnonsense\n')])).toEqual(['gap'])
})

test('a stream that this side gave up says nothing more', async () => {
  expect(await hear([bytesOf([{ kind: 'gap' }])], true)).toEqual(['gap'])
})
