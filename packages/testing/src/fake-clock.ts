/** A clock that a test moves. It has the shape of the runtime's `Clock`. */
export interface FakeClock {
  now(): number
  wall(): number
  /** Moves both forward. Milliseconds, not negative. */
  advance(ms: number): void
  /** Sets what people read, as an operator or a time server does; `now` is not touched. Milliseconds since 1970. */
  setWall(wallMs: number): void
}

/** 2026-01-01T00:00:00Z */
const FIRST_WALL_MS = 1_767_225_600_000

/** Starts at `now` 0 and at `wallMs`, by default the first of January 2026, UTC. */
export function createFakeClock(wallMs = FIRST_WALL_MS): FakeClock {
  let now = 0
  let wall = wallMs
  return {
    now: () => now,
    wall: () => wall,
    advance(ms) {
      if (!(ms >= 0)) throw new TypeError('advance: ms is not negative')
      now += ms
      wall += ms
    },
    setWall(next) {
      wall = next
    },
  }
}
