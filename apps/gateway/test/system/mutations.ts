/** Changes, doubles or removes up to four bytes. */
export function mutate(original: Buffer, random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit)
  let bytes = original
  for (let times = 1 + below(4); times > 0; times -= 1) {
    const at = below(bytes.length)
    const byte = bytes.subarray(at, at + 1)
    const instead = [Buffer.from([below(256)]), Buffer.concat([byte, byte]), Buffer.alloc(0)]
    const changed = instead[below(instead.length)] as Buffer
    bytes = Buffer.concat([bytes.subarray(0, at), changed, bytes.subarray(at + 1)])
  }
  return bytes
}

/** Mulberry32: the same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
