import { heldRemedy } from '../../../domain/brake/describe-list.ts'
import { type OtherCapitals, ruleKey } from '../../../domain/files/rule-file.ts'
import type { PrincipalName } from '../../../domain/principals/principal.ts'
import { quote } from '../../../domain/statuses/complaint.ts'
import type { NewStatus, PeopleOfRule } from '../../../domain/statuses/status.ts'
import { count } from '../../../domain/text/count.ts'

export type RuleLook = {
  readonly people: PeopleOfRule
  /** The file is gone. People whom only this rule put into the group leave. */
  readonly isGone: boolean
  /** A provider manages the group now: ssofile takes nobody out. */
  readonly isExternal: boolean
  /** Why the brake holds the people who leave. */
  readonly held: string | undefined
  readonly paused: string | undefined
  /** A look at least 20 seconds ago found the same people for the same file: nothing is in flight. */
  readonly isAsBefore: boolean
  readonly reported: number
  readonly unread: number
  readonly unnameable: number
  readonly otherCapitals: readonly OtherCapitals[]
}

/** The warnings name that many; the next look names the others. */
const otherCapitalsMost = 3

export type ToldRule = Pick<NewStatus, 'state' | 'reason' | 'remedy' | 'people' | 'warnings'>

/**
 * The status of a rule. `undefined`: the file is gone, and it keeps nobody in the group. The first row that fits counts.
 *
 * | found                             | state      |
 * | --------------------------------- | ---------- |
 * | gone, and nobody is left          | none       |
 * | the brake holds somebody          | `held`     |
 * | gone, and a provider manages the group now | `failed` |
 * | gone                              | `revoking` |
 * | a pause, and somebody comes or goes | `applying` |
 * | somebody comes or goes, and the last look found other people | `applying` |
 * | others took somebody out, and drift is reported     | `failed`   |
 * | any other                         | `applied`  |
 */
export function describeRule(group: PrincipalName, look: RuleLook): ToldRule | undefined {
  const { people, isGone, held, paused, isAsBefore, reported } = look
  const moving = people.waiting + people.leaving
  if (isGone && moving + people.held === 0) return undefined
  const told = { people, ...warningsOf(look) }
  if (held !== undefined) return { ...told, state: 'held', reason: held, remedy: heldRemedy }
  if (isGone && look.isExternal)
    return {
      ...told,
      state: 'failed',
      reason: `an identity provider now manages group '${group}' (it has ExternalIds), so ssofile does not take its people out`,
      remedy: 'take them out of the group in the provider',
    }
  if (isGone) return { ...told, state: 'revoking', ...(paused === undefined ? {} : { reason: paused }) }
  if (moving > 0 && paused !== undefined) return { ...told, state: 'applying', reason: paused }
  if (moving > 0 && !isAsBefore) return { ...told, state: 'applying' }
  if (reported > 0)
    return {
      ...told,
      state: 'failed',
      reason: `somebody else took ${count(reported, 'person', 'people')} out of group '${group}' although the rule matches them, and onDrift only reports`,
      remedy: `put them back by hand, or change ${ruleKey(group)} so that it no longer matches them`,
    }
  if (people.waiting === 0) return { ...told, state: 'applied' }
  const some = count(people.waiting, 'person', 'people')
  return {
    ...told,
    state: 'applied',
    reason: `${some} ${people.waiting === 1 ? 'waits' : 'wait'} although the rule matches: suspended, refused by a policy, or in progress`,
  }
}

function warningsOf({ unread, unnameable, otherCapitals }: RuleLook): Pick<NewStatus, 'warnings'> {
  const warnings = [
    ...(unread > 0
      ? [`attributes of ${count(unread, 'person', 'people')} cannot be read: nothing changes for them`]
      : []),
    ...(unnameable > 0
      ? [`${count(unnameable, 'user name')} cannot be part of the key of a membership: these people get nothing`]
      : []),
    ...otherCapitals
      .slice(0, otherCapitalsMost)
      .map(
        ({ name, value, found }) =>
          `'${quote(value)}' of ${name} does not match '${quote(found)}', which the directory has: capitals count; write it as in the directory, or add it`,
      ),
  ]
  return warnings.length > 0 ? { warnings } : {}
}
