/** Nanoseconds for one item. */
export function timeEach<Item>(items: readonly Item[], run: (item: Item) => unknown): number {
  const from = process.hrtime.bigint()
  for (const item of items) run(item)
  return Number(process.hrtime.bigint() - from) / items.length
}

/** Nanoseconds for one item, each awaited before the next. */
export async function timeEachAsync<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<unknown>,
): Promise<number> {
  const from = process.hrtime.bigint()
  for (const item of items) await run(item)
  return Number(process.hrtime.bigint() - from) / items.length
}

/** Lets what has been put off run, so that nobody else pays for it. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
