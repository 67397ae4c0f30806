import { eventually } from '@portcullis/testing'
import { describe, expect, test } from 'vitest'
import { createLiveWork, WorkEnded } from '../src/index.ts'
import { keysOf, startLog } from './harness.ts'

describe('live work', () => {
  test('an event ends what runs for its subject and nothing else', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    using live = createLiveWork(follower)
    const ended = live.track(keysOf('usr_a'), follower.position)
    const spared = live.track(keysOf('usr_b'), follower.position)
    await log.publish('usr_a')
    await eventually(() => expect(ended.signal.aborted).toBe(true))
    expect(ended.signal.reason).toBeInstanceOf(WorkEnded)
    expect(ended.signal.reason).toMatchObject({ event: { kind: 'claims.changed' } })
    expect(spared.signal.aborted).toBe(false)
  })

  test('what was checked after the event goes on', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    using live = createLiveWork(follower)
    const after = await log.publish('usr_a')
    await follower.catchUp()
    expect(live.track(keysOf('usr_a'), after).signal.aborted).toBe(false)
    expect(live.track(keysOf('usr_a'), { ...after, seq: after.seq - 1 }).signal.aborted).toBe(true)
  })

  test('a change of history ends everything', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    using live = createLiveWork(follower)
    const work = live.track(keysOf('usr_a'), follower.position)
    await log.admin.flushall()
    await eventually(() => expect(work.signal.aborted).toBe(true))
  })

  test('of what a person has running at once, everything ends but what is done', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    using live = createLiveWork(follower)
    const ended: number[] = []
    const works = [0, 1, 2, 3].map((n) =>
      live.watch(keysOf('usr_a'), follower.position, () => ended.push(n)),
    )
    works[0]?.[Symbol.dispose]()
    works[2]?.[Symbol.dispose]()
    await log.publish('usr_a')
    await eventually(() => expect(ended).toEqual([1, 3]))
    for (const work of works) work[Symbol.dispose]()
    expect(live.size).toBe(0)
  })

  test('what is stale from the start ends in that step', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    using live = createLiveWork(follower)
    const after = await log.publish('usr_a')
    await follower.catchUp()
    const reasons: WorkEnded[] = []
    live.watch(keysOf('usr_a'), { ...after, seq: after.seq - 1 }, (why) => reasons.push(why))
    expect(reasons).toHaveLength(1)
  })

  test('what is done is forgotten', async () => {
    await using log = await startLog()
    await using follower = await log.follow()
    using live = createLiveWork(follower)
    for (let i = 0; i < 100; i += 1)
      live.track(keysOf(`usr_${i}`), follower.position)[Symbol.dispose]()
    expect(live.size).toBe(0)
  })
})
