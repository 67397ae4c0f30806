import { countCommands } from '@portcullis/testing'
import { requestOfEach } from './member-requests.ts'
import type { Stage } from './stage.ts'

/** Commands of one edit and of a request of each member after it, counted by the server itself. */
export interface CommandsOfEdit {
  /** To change, to read the rules, and whatever else requests led to. */
  readonly commands: number
  /** Fences, acknowledgements and the like, which are sent whether anything changes or not. */
  readonly upkeep: number
}

/** Connections whose commands do not belong to a request or a change. */
const UPKEEP = /:(?:fence|acknowledgements|subscriber|durability)$/

/** Apart from what is timed: counting slows the server down. */
export async function countEdit(
  stage: Stage,
  concurrency: number,
  after: 200 | 403,
): Promise<CommandsOfEdit> {
  await using count = await countCommands(stage.redisUrl)
  await stage.edit()
  await requestOfEach(stage.members, stage, concurrency, after)
  let commands = 0
  let upkeep = 0
  for (const [connection, sent] of await count.byConnection()) {
    if (UPKEEP.test(connection)) upkeep += sent
    else commands += sent
  }
  return { commands, upkeep }
}
