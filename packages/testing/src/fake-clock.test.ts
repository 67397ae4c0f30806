import { expect, test } from 'vitest'
import { createFakeClock } from './fake-clock.ts'

test('advancing moves both times, setting the wall clock only one', () => {
  const clock = createFakeClock(1_000)
  clock.advance(50)
  expect([clock.now(), clock.wall()]).toEqual([50, 1_050])
  clock.setWall(7)
  expect([clock.now(), clock.wall()]).toEqual([50, 7])
})

test('monotonic time never goes back', () => {
  expect(() => createFakeClock().advance(-1)).toThrow(TypeError)
})
