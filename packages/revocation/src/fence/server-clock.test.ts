import { createFakeClock } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { createServerClock } from './server-clock.ts'

const HOUR_MS = 3_600_000
const SERVER_TIME = 1_700_000_000_000

test('it shows the time of the server, however the host is set', () => {
  const host = createFakeClock()
  let aheadMs = 0
  const clock = createServerClock({ now: host.now, wall: () => host.wall() + aheadMs })
  expect(clock.wall()).toBe(host.wall())
  clock.note({ sentAt: host.now(), receivedAt: host.now(), serverTime: SERVER_TIME })
  for (aheadMs of [0, HOUR_MS, -HOUR_MS]) expect(clock.wall()).toBe(SERVER_TIME)
  host.advance(1_000)
  expect(clock.wall()).toBe(SERVER_TIME + 1_000)
})

test('a slow answer that proves nothing else does not move it', () => {
  const host = createFakeClock()
  const clock = createServerClock(host)
  const sentAt = host.now()
  clock.note({ sentAt, receivedAt: sentAt, serverTime: SERVER_TIME })
  host.advance(5_000)
  // Answered at once and on its way for five seconds, or the other way round.
  for (const serverTime of [SERVER_TIME, SERVER_TIME + 5_000]) {
    clock.note({ sentAt, receivedAt: host.now(), serverTime })
    expect(clock.wall()).toBe(SERVER_TIME + 5_000)
  }
})

test('a server whose clock was set is followed at the next reading', () => {
  const host = createFakeClock()
  const clock = createServerClock(host)
  const read = (serverTime: number) =>
    clock.note({ sentAt: host.now(), receivedAt: host.now(), serverTime })
  read(SERVER_TIME)
  for (const serverTime of [SERVER_TIME + HOUR_MS, SERVER_TIME - HOUR_MS]) {
    read(serverTime)
    expect(clock.wall()).toBe(serverTime)
  }
})
