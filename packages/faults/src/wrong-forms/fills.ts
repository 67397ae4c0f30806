import type { FillPoint, Follower, PrincipalKeys } from '@portcullis/revocation'

/** Whether what was loaded together with a place in the log may be kept and used. */
export type Admits = (follower: Follower, point: FillPoint, keys: PrincipalKeys) => boolean

export const admittedRightly: Admits = (follower, point, keys) =>
  follower.admit(point, keys) === 'admitted'

/** Whatever was loaded is kept. */
export const admittedUnchecked: Admits = () => true

/** The number of the place alone is looked at, not on whose history it lies. */
export const admittedBySeq: Admits = (follower, { position: { seq } }, keys) => {
  const { epoch, seq: applied } = follower.position
  return seq <= applied && !follower.isStale(keys, { epoch, seq })
}
