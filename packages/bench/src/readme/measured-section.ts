const BEGIN = '<!-- measured: written by pnpm bench:readme -->'
const END = '<!-- measured: end -->'

/** @throws {TypeError} when the two markers are not there, each once and in order. */
export function replaceMeasured(readme: string, measured: string): string {
  const [before, inside, ...others] = readme.split(BEGIN)
  const [, after, ...more] = (inside ?? '').split(END)
  if (before === undefined || after === undefined || others.length > 0 || more.length > 0) {
    throw new TypeError(`the README has to have ${BEGIN} and ${END} once, in this order`)
  }
  return `${before}${BEGIN}\n\n${measured}\n\n${END}${after}`
}
