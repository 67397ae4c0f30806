import { countCommands } from '@portcullis/testing'
import { requestOfEach } from './member-requests.ts'
import type { Stage } from './stage.ts'

/** Commands of one edit and of a request of each member after it, counted by the server itself. */
export interface CommandsOfEdit {
  /** To change, to read the rules, and whatever else requests led to. */
  readonly commands: number
  /** To note that sessions are used: by as many as are used, once a minute, whether anything changes or not. */
  readonly touches: number
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
  const counted = { commands: 0, touches: 0, upkeep: 0 }
  for (const { connection, args } of await count.commands()) {
    if (UPKEEP.test(connection)) counted.upkeep += 1
    else if (args[0] === stage.touchDigest) counted.touches += 1
    else counted.commands += 1
  }
  return counted
}
