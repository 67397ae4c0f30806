/** How much is measured: little for development, what is quoted, or also what takes much longer. */
export type Mode = 'quick' | 'usual' | 'full'

const MODES: ReadonlyMap<string, Mode> = new Map([
  ['--quick', 'quick'],
  ['--full', 'full'],
])

/** @throws {TypeError} that names the argument, for one that is not known and for a second one. */
export function parseMode([first, second]: readonly string[]): Mode {
  if (first === undefined) return 'usual'
  const mode = MODES.get(first)
  if (mode === undefined) throw new TypeError(`${first} is not known; there are --quick and --full`)
  if (second !== undefined) throw new TypeError(`${second} after ${first}: only one of them`)
  return mode
}

/** The mode that the command line asks for, or an end of this process with a message and code 2. */
export function modeFromCommandLine(): Mode {
  try {
    return parseMode(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(2)
  }
}
