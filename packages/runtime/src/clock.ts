/** Time comes in as an argument. Leases and deadlines use `now`; `wall` is for what people and other hosts read. */
export interface Clock {
  /** Milliseconds that only go forward; comparable within this process alone. */
  now(): number
  /** Milliseconds since 1970, which an operator may set back. */
  wall(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
}
