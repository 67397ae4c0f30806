/** What a search of a model must find: nothing, the violation of a wrong variant, or a state that is to be reachable. */
export type Expectation = 'holds' | 'caught' | 'reached'

export interface ModelRun {
  readonly model: string
  /** A -D flag, as the model's header explains it; null for the protocol as it is. */
  readonly flag: string | null
  readonly expect: Expectation
}

interface Model {
  readonly name: string
  /** The protocol as it is; null, or a flag that asks for a further property. */
  readonly correct: readonly (string | null)[]
  readonly reachable: readonly string[]
  readonly wrong: readonly string[]
}

const MODELS: readonly Model[] = [
  {
    name: 'lease',
    correct: [null],
    reachable: ['REACH_ACCEPT', 'REACH_ENFORCED'],
    wrong: [
      'RECEIVE_TIME',
      'WAIT_FROM_COMMIT',
      'READ_AS_PROOF',
      'REPEAT_UNWRITTEN',
      'OTHER_SOCKET',
      'SOCKET_SURVIVES',
      'HEAD_NOT_READ',
      'UNCOUNTED_NODE',
    ],
  },
  {
    name: 'epoch',
    correct: [null, 'G1'],
    reachable: ['REACH_ACCEPT', 'REACH_ENFORCED=1', 'REACH_ENFORCED=2'],
    wrong: [
      'NO_IDENTITY',
      'RUN_ID_ONLY',
      'LEASE_BEFORE_BARRIER',
      'ADOPT_BEFORE_BARRIER',
      'OLD_EPOCH_AFTER_NEW',
      'NEWCOMER_LIFTS',
      'ONCE_SERVED_LIFTS',
      'NO_LAST_LOOK',
      'NO_REASSERTION',
      'SILENCE_FROM_OPEN',
      'ACKS_BEFORE_SETTLED',
      'ACKS_OF_ANY_EPOCH',
      'LEFT_OF_ANY_EPOCH',
      'LEFT_MARK_SETTLES',
      'LEFT_MARK_VOLATILE',
    ],
  },
  {
    name: 'failovers',
    correct: [null],
    reachable: ['REACH_LIFTED', 'REACH_ALIKE'],
    wrong: ['REPAIRED_BY_COUNTER', 'REPAIRED_ONCE'],
  },
  {
    name: 'fill',
    correct: [null],
    reachable: ['REACH_ACCEPT', 'REACH_ENFORCED', 'REACH_CONTEXT'],
    wrong: [
      'FILL_BY_SEQ',
      'FILL_NONCE_IGNORED',
      'FILL_UNCHECKED',
      'STAMP_AT_SIGNING',
      'EPOCH_IGNORED',
      'TRIM_IGNORED',
      'FLOORS_FORGOTTEN',
      'GAP_APPLIED',
    ],
  },
  {
    name: 'members',
    correct: [null],
    reachable: ['REACH_ACKNOWLEDGED', 'REACH_WAITED', 'REACH_ACCEPT'],
    wrong: [
      'ACK_OVER_GAP',
      'ACK_ON_READ',
      'WALL_CLOCK',
      'SHORT_WATCH',
      'BLIND_DELETE',
      'JOIN_AFTER_READ',
      'LEAVE_AND_SERVE',
      'LIST_FROM_BEFORE',
    ],
  },
]

/** Every run, the correct ones of a model first. `names` restricts it to some models. */
export function listRuns(names: readonly string[]): readonly ModelRun[] {
  const unknown = names.filter((name) => !MODELS.some((model) => model.name === name))
  if (unknown.length > 0) throw new Error(`There is no model ${unknown.join(', ')}`)
  return MODELS.filter(({ name }) => names.length === 0 || names.includes(name)).flatMap(runsOf)
}

function runsOf({ name: model, correct, reachable, wrong }: Model): readonly ModelRun[] {
  return [
    ...correct.map((flag) => ({ model, flag, expect: 'holds' as const })),
    ...reachable.map((flag) => ({ model, flag, expect: 'reached' as const })),
    ...wrong.map((flag) => ({ model, flag, expect: 'caught' as const })),
  ]
}
