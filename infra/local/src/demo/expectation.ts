/** What the demo expected and did not see. */
export class ExpectationError extends Error {
  override readonly name = 'ExpectationError'
}

/** @throws {ExpectationError} */
export function expectThat(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new ExpectationError(`not so: ${expectation}`)
}
