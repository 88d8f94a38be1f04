import type { Part } from '../part.ts'
import { groupFiles, membershipFiles, ruleFiles } from './group-files.ts'
import { groupLives, longGroupLives } from './group-lives.ts'
import { groupSabotages } from './group-sabotages.ts'
import { GroupsPromise } from './groups-promise.ts'
import { MembershipsPromise } from './memberships-promise.ts'

/** Groups, and who is in them by files and by rules. */
export const groups = {
  kinds: {
    group: { files: groupFiles, oracle: GroupsPromise },
    membership: { files: membershipFiles, oracle: MembershipsPromise },
    rule: { files: ruleFiles, oracle: MembershipsPromise },
  },
  lives: groupLives,
  longLives: longGroupLives,
  sabotages: groupSabotages,
} as const satisfies Part
