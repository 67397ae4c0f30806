import { octetInputParser } from '@trpc/server/http'
import { z } from 'zod'
import type { Journal } from './journal.ts'
import type { StockTrpc } from './trpc.ts'

export function createMutations({ procedure }: StockTrpc, journal: Journal) {
  return {
    add: procedure
      .input(z.object({ a: z.number(), b: z.number() }))
      .mutation(({ input }) => ({ sum: input.a + input.b })),
    touch: procedure.mutation(() => 'touched'),
    append: procedure.input(z.string()).mutation(({ input }) => {
      journal.log.push(input)
      return journal.log.filter((entry) => entry === input).length
    }),
    letGo: procedure.input(z.string()).mutation(({ input }) => journal.gateOf(input).resolve()),
    reject: procedure.input(z.unknown()).mutation((): string => {
      throw new TypeError('unforeseen')
    }),
    upload: procedure.input(z.unknown()).mutation(async ({ input }) => {
      if (!(input instanceof FormData)) return null
      const file = input.get('file')
      const text = file instanceof File ? await file.text() : null
      return {
        title: String(input.get('title')),
        name: file instanceof File ? file.name : null,
        text,
      }
    }),
    bytes: procedure.input(octetInputParser).mutation(async ({ input }) => {
      let length = 0
      let sum = 0
      for await (const chunk of input as AsyncIterable<Uint8Array>) {
        length += chunk.length
        for (const byte of chunk) sum = (sum + byte) % 65_536
      }
      return { length, sum }
    }),
    /** Fails the first time that it is asked with a key. */
    flaky: procedure.input(z.string()).mutation(({ input }) => journal.failOnce(input)),
  }
}
