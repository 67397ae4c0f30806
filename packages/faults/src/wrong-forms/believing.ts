import type { Follower } from '@portcullis/revocation'

/** A follower that is right but for what is given here. */
export function believing(follower: Follower, wrong: Partial<Follower>): Follower {
  return new Proxy(follower, {
    get: (right, name): unknown => Reflect.get(name in wrong ? wrong : right, name),
  })
}
