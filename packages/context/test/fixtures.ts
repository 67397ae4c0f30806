import {
  type ClockLike,
  createKeyRing,
  generateSigningKey,
  type KeyRing,
  type Principal,
} from '../src/index.ts'

export const NOON = 1_790_000_000_000

export interface MovableClock extends ClockLike {
  advance(ms: number): void
  /** Sets the wall clock and leaves the monotonic one alone. */
  setWall(wall: number): void
}

export function createMovableClock(): MovableClock {
  let now = 1000
  let wall = NOON
  return {
    now: () => now,
    wall: () => wall,
    advance(ms) {
      now += ms
      wall += ms
    },
    setWall(value) {
      wall = value
    },
  }
}

export const principal: Principal = {
  subject: 'usr_8f0c2b5e7d1a4c3f9b6e0d2a',
  session: 'ses_Zk3mQ9xT1uVbYw0RsLpE2A',
  organization: 'org_acme',
  roles: ['owner', 'member'],
  permissions: ['orders.read', 'orders.write'],
  claimsVersion: 7,
  authenticatedAt: NOON / 1000 - 60,
  methods: ['pwd', 'otp'],
  assurance: 'aal2',
  custom: {},
}

export const position = { epoch: 3, seq: 1482 }

export async function newKeyRing(): Promise<KeyRing> {
  return createKeyRing({ signing: await generateSigningKey() })
}
