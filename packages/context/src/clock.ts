/** The part of a clock that signing and verifying need; `Clock` of `@portcullis/runtime` is one. */
export interface ClockLike {
  /** Milliseconds that only go forward; comparable within this process alone. */
  now(): number
  /** Milliseconds since 1970, which an operator may set back. */
  wall(): number
}
