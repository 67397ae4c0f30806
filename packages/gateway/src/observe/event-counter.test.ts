import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventCounter } from './event-counter.ts'

test('events are counted wherever the bytes are cut', () => {
  const event = fc.constantFrom('data: 1\n\n', 'event: ping\ndata: \n\n', 'id: 7\ndata: x\n\n')
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.nat(60)), (events, cuts) => {
      const counter = new EventCounter()
      let rest = Buffer.from(events.join(''))
      for (const cut of cuts) {
        counter.count(rest.subarray(0, cut))
        rest = rest.subarray(cut)
      }
      counter.count(rest)
      expect(counter.total).toBe(events.length)
    }),
  )
})
