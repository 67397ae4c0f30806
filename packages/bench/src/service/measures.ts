/** What is measured, in the order of the table. */
export const MEASURES = {
  principal: 'Portcullis, warm: header to principal, judged by lease and log',
  context: "Portcullis, warm: header to a procedure's context, with its signal and its end",
  firstSight: 'Portcullis, first sight of a token: the same, verified',
  rs256: 'jose jwtVerify, RS256',
  es256: 'jose jwtVerify, ES256',
  eddsa: 'jose jwtVerify, EdDSA',
  redisGet: 'Redis GET, one after the other',
  redisGetAtOnce: 'Redis GET, 16 at once',
} as const
export type Measure = keyof typeof MEASURES
export const MEASURE_NAMES = Object.keys(MEASURES) as Measure[]

/** What one of many cost. */
export interface Sample {
  readonly us: number
  /** Of all threads of this process: some of what is verified by jose is verified beside. */
  readonly processorUs: number
}

/** One pass over as many. */
export type TakeSample = () => Promise<Sample>
