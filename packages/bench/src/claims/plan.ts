/** How much is measured. */
export interface Plan {
  readonly quick: boolean
  /** Times that a role is edited at each size. */
  readonly rounds: number
  readonly instances: number
  /** Members of the organization, each with a live session; the last is the one that is quoted. */
  readonly sizes: readonly [few: number, many: number]
  /** Of these the requests are timed; all of them make one when commands are counted. */
  readonly timedMembers: number
  /** Requests under way at once while members come back. */
  readonly concurrency: number
}

const FULL: Plan = {
  quick: false,
  rounds: 5,
  instances: 10,
  sizes: [1_000, 50_000],
  timedMembers: 5_000,
  concurrency: 32,
}
const QUICK: Plan = { ...FULL, quick: true, rounds: 2, sizes: [100, 1_000] }

/** @throws {TypeError} for an argument that is not `--quick`. */
export function planFor(args: readonly string[]): Plan {
  const unknown = args.find((arg) => arg !== '--quick')
  if (unknown !== undefined) throw new TypeError(`${unknown} is not known; there is --quick`)
  return args.includes('--quick') ? QUICK : FULL
}
