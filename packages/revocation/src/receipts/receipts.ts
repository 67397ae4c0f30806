import type { InstanceId, Position } from '@portcullis/context'
import type { Clock } from '@portcullis/runtime'
import type { FencePage } from '../fence/fence.ts'
import { type ClockBounds, waitOutMs } from '../fence/lease.ts'
import { hasApplied, type Member } from '../fence/member.ts'
import type { Epoch } from '../log/applied-log.ts'
import type { ChangeProof } from './change-proof.ts'
import type { InstanceReceipt, InstanceState, Receipt, ReceiptWait } from './receipt.ts'

/** A change that was written, and that the receipt is about. */
export interface Change {
  readonly id: string
  /** Place of its last event. */
  readonly position: Position
  /** Nonce of its last event: two servers may have counted alike after a failover. */
  readonly nonce?: string
  /** What the change's own reply said: without it a fence has to find that out. */
  readonly proof?: ChangeProof
  /** `clock.now()` at the beginning of the call. */
  readonly startedAt: number
  readonly wait?: ReceiptWait | undefined
}

/** Finds out when a change is enforced everywhere. */
export interface Receipts {
  /** Never rejects: what cannot be found out is `indeterminate`. */
  enforce(change: Change): Promise<Receipt>
  /** A member says that it has applied the log up to there. */
  acknowledge(instance: InstanceId, position: Position): void
  /** This instance has applied an event of its own. */
  noteOwn(): void
  /** Another fence was sent; it may have listed the members. */
  observe(page: FencePage): void
  /** Changes that are waited for. */
  readonly waiting: number
}

export interface ReceiptsOptions {
  readonly instance: InstanceId
  readonly clock: Clock
  readonly bounds: ClockBounds
  /** A fence sent after this call, with the members listed. */
  readonly fence: () => Promise<FencePage>
  /** Whether this instance has applied the log up to a place, and that place lies on its history. */
  readonly hasApplied: (position: Position, nonce?: string) => boolean
  /** Whether a majority of the configured servers has a change, and there are no more of them than configured. */
  readonly isProven: (proof: ChangeProof) => boolean
  /** The epoch that this instance has adopted; null once it has met a newer one. */
  readonly currentEpoch: () => Epoch | null
  /** Longest lease of this installation that is configured here, in milliseconds. */
  readonly leaseMs: number
  /** Receipts waited for at once; a further one is `pending`. Default 10,000. */
  readonly maxWaiting?: number
}

interface Waiting {
  readonly change: Change
  /** Random part of the epoch it was proven under; another one says nothing of it, even if it counts alike. */
  readonly random: string
  readonly states: Map<InstanceId, { readonly service: string; state: InstanceState; at: number }>
  /** Members of which nothing is known yet. */
  missing: number
  readonly trustsAcknowledgements: boolean
  readonly done: () => void
}

/** What shows that a majority has a change, and who has to be waited for. */
type Proof = Pick<FencePage, 'epoch' | 'barrier' | 'members' | 'receivedAt'>

/** How often a fence is tried for the proof that a majority has a change. */
const MAX_PROOFS = 4
/** How long the hint of one's own change may take after its reply, until a fence fetches it; milliseconds. */
const OWN_HINT_MS = 25

/**
 * A change is proven by its own reply and the WAIT behind it, which lists the members in the step that made it; or else by
 * a fence of the revoker's own, sent after it: the log it reads holds the change, and a majority has what was written last.
 * Concurrent changes share either. From that proof counts the time after which no lease from before can be left;
 * acknowledgements only make it shorter.
 */
export function createReceipts(options: ReceiptsOptions): Receipts {
  const { clock, bounds, leaseMs, maxWaiting = 10_000 } = options
  const waiting = new Set<Waiting>()
  /** Newest acknowledgement of each member; bounded by the members of the last listing. */
  const acknowledged = new Map<InstanceId, Position>()
  let notedUnder = ''
  /** Changes of this instance whose own hint is still to come. */
  const unapplied = new Set<() => unknown>()

  async function prove(change: Change): Promise<Proof | undefined> {
    return (await proveByReply(change)) ?? proveByFence(change)
  }

  async function proveByReply(change: Change): Promise<Proof | undefined> {
    const { proof, position } = change
    if (!proof || !options.isProven(proof)) return undefined
    const epoch = { counter: position.epoch, random: proof.random }
    const receivedAt = clock.now()
    await whenApplied(change)
    // Who has met a newer epoch proves nothing under this one; under one that is not adopted yet a fence decides.
    const isCurrent = options.currentEpoch()?.random === epoch.random
    const isApplied = isCurrent && options.hasApplied(position, change.nonce)
    return isApplied ? { ...proof, epoch, receivedAt } : undefined
  }

  async function whenApplied({ position, nonce }: Change): Promise<void> {
    if (options.hasApplied(position, nonce)) return
    const { promise, resolve: giveUp } = Promise.withResolvers<void>()
    const look = () => options.hasApplied(position, nonce) && giveUp()
    unapplied.add(look)
    const timer = setTimeout(giveUp, OWN_HINT_MS)
    await promise
    clearTimeout(timer)
    unapplied.delete(look)
  }

  async function proveByFence({ position, nonce }: Change): Promise<Proof | undefined> {
    for (let proofs = 0; proofs < MAX_PROOFS; proofs += 1) {
      const page = await options.fence().catch(() => undefined)
      if (page && page.epoch.counter !== position.epoch) return undefined
      if (page?.isProven && options.hasApplied(position, nonce)) return page
    }
    return undefined
  }

  function settle(entry: Waiting, id: InstanceId, state: InstanceState) {
    const known = entry.states.get(id)
    if (known?.state !== 'waiting') return
    known.state = state
    known.at = clock.now()
    entry.missing -= 1
    finishIfKnown(entry)
  }

  function finishIfKnown({ missing, trustsAcknowledgements, done }: Waiting) {
    if (missing === 0 && trustsAcknowledgements) done()
  }

  function settleAcknowledged(entry: Waiting) {
    for (const id of entry.states.keys()) {
      const applied = acknowledged.get(id)
      const isAcknowledged = applied && hasApplied(applied, entry.change.position)
      if (isAcknowledged) settle(entry, id, 'acknowledged')
    }
  }

  /** Resolves when every member has acknowledged or left, or the time is over. */
  async function waitForMembers(change: Change, page: Proof): Promise<Waiting> {
    const { promise, resolve: done } = Promise.withResolvers<void>()
    const states: Waiting['states'] = new Map(
      others(page).map(({ id, record }) => [
        id,
        { service: record.service, state: 'waiting', at: 0 },
      ]),
    )
    const trustsAcknowledgements = page.barrier === 'settled'
    const { random } = page.epoch
    const entry = { change, random, states, missing: states.size, trustsAcknowledgements, done }
    waiting.add(entry)
    noteRecords(page)
    settleAcknowledged(entry)
    finishIfKnown(entry)
    const endsAt = page.receivedAt + waitOutMs(longestLease(page.members), bounds)
    const timer = setTimeout(done, Math.max(0, endsAt - clock.now()))
    await promise
    clearTimeout(timer)
    waiting.delete(entry)
    for (const id of states.keys()) settle(entry, id, 'lease-ended')
    return entry
  }

  /** A last look after the time was waited out: under a newer epoch the change may have been lost with it. */
  async function isStillUnder({ epoch }: Proof) {
    const last = await options.fence().catch(() => undefined)
    return last?.isProven === true && last.epoch.random === epoch.random
  }

  function others({ members }: Proof) {
    return members.filter(({ id }) => id !== options.instance)
  }

  function longestLease(members: readonly Member[]) {
    return Math.max(leaseMs, ...members.map(({ record }) => record.leaseMs))
  }

  function noteRecords({ epoch, members }: Pick<Proof, 'epoch' | 'members'>) {
    if (epoch.random !== notedUnder) acknowledged.clear()
    notedUnder = epoch.random
    for (const { id, record } of members) note(id, record.applied)
  }

  function note(id: InstanceId, position: Position) {
    const before = acknowledged.get(id)
    if (!before || before.epoch < position.epoch || hasApplied(position, before)) {
      acknowledged.set(id, position)
    }
  }

  function receiptOf(
    change: Change,
    level: Receipt['level'],
    instances: InstanceReceipt[],
  ): Receipt {
    const { id, position, startedAt } = change
    return { level, durable: false, id, position, tookMs: clock.now() - startedAt, instances }
  }

  return {
    get waiting() {
      return waiting.size
    },

    async enforce(change) {
      const page = await prove(change)
      if (!page) return receiptOf(change, 'indeterminate', [])
      if (change.wait === 'majority' || waiting.size >= maxWaiting) {
        return receiptOf(change, 'pending', others(page).map(toWaiting))
      }
      const { states } = await waitForMembers(change, page)
      const isAnswered = page.barrier === 'settled' && hasAnswered(states)
      const isEnforced = isAnswered || (await isStillUnder(page))
      const instances = [...states].map(([id, { service, state, at }]) => {
        return { id, service, state, afterMs: at - change.startedAt }
      })
      return receiptOf(change, isEnforced ? 'enforced' : 'indeterminate', instances)
    },

    acknowledge(instance, position) {
      note(instance, position)
      for (const entry of waiting) {
        if (hasApplied(position, entry.change.position)) settle(entry, instance, 'acknowledged')
      }
    },

    noteOwn() {
      for (const look of unapplied) look()
    },

    observe(page) {
      for (const look of unapplied) look()
      const { epoch, members } = page
      if (members.length === 0) return
      noteRecords(page)
      const listed = new Set(members.map(({ id }) => id))
      for (const id of acknowledged.keys()) if (!listed.has(id)) acknowledged.delete(id)
      for (const entry of waiting) {
        if (entry.random !== epoch.random) continue
        // Removed from the list only after it gave its lease up, or stood still for longer than one.
        for (const id of entry.states.keys()) if (!listed.has(id)) settle(entry, id, 'left')
        settleAcknowledged(entry)
      }
    },
  }
}

function toWaiting({ id, record }: Member): InstanceReceipt {
  return { id, service: record.service, state: 'waiting', afterMs: null }
}

function hasAnswered(states: Waiting['states']): boolean {
  return [...states.values()].every(({ state }) => state !== 'lease-ended')
}
