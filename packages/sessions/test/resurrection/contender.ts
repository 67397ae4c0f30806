/** A session layer in which a request that is in flight races with a sign-out on another connection. */
export interface Contender extends AsyncDisposable {
  signIn(): Promise<string>
  /** Begins a request, which reads the session; what it returns finishes it, which writes the session's state back. */
  beginRequest(cookie: string): Promise<() => Promise<void>>
  /** Resolves when the session layer says that the session has ended. */
  signOut(cookie: string): Promise<void>
  isAlive(cookie: string): Promise<boolean>
}

/** How many of `schedules` orders of events, made from the seed, end with a session that is alive after its sign-out. */
export async function countResurrections(
  contender: Contender,
  options: { readonly schedules: number; readonly seed: number; readonly atOnce: number },
): Promise<number> {
  const { schedules, seed, atOnce } = options
  let resurrections = 0
  let next = 0
  const run = async () => {
    while (next < schedules) {
      const alive = await runSchedule(contender, createRandom(seed + next++))
      if (alive) resurrections += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, run))
  return resurrections
}

async function runSchedule(contender: Contender, random: () => number): Promise<boolean> {
  const cookie = await contender.signIn()
  const begun = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    contender.beginRequest(cookie),
  )
  const finishes = await Promise.all(begun)
  const steps = shuffle([() => contender.signOut(cookie), ...finishes], random)
  const underway: Promise<void>[] = []
  for (const step of steps) {
    const done = step()
    if (random() < 0.5) await done
    else underway.push(done)
  }
  await Promise.all(underway)
  return contender.isAlive(cookie)
}

function shuffle<Item>(items: Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item)
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
