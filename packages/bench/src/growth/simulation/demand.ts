/** What the simulated installation needs of one thing. */
export interface Demand {
  readonly name: string
  readonly needed: number
  /** How much of it there is. */
  readonly room: number
  /** In words and numbers. */
  readonly arithmetic: string
}

/** 1 is full. */
export function shareOf({ needed, room }: Demand): number {
  return needed / room
}
