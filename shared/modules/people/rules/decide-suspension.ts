import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import type { StatusState } from '../../../domain/statuses/status.ts'
import { isAdmitted } from '../../../domain/suspensions/describe-suspension.ts'

export type SuspensionFacts = {
  readonly isThere: boolean
  /** The policy that forbids files to suspend this user. */
  readonly protectedBy: string | undefined
  /** The user with this name now, or the user the name meant at the first look. */
  readonly user: PrincipalId | undefined
  /** ssofile can find the file by the user's id, even if the name changes. */
  readonly isNoted: boolean
  /** The state in the file's last status. */
  readonly told: StatusState | undefined
  /** Only its hourly look is due: nothing is known to have changed. */
  readonly isDue: boolean
  /** The user is in a group, or ssofile cannot read the user's groups. Read only for a due look at a suspended user. */
  readonly isInGroup: boolean
}

export const suspensionActions = ['restore', 'note', 'admit', 'end'] as const
export const suspensionEnds = ['protected', 'unknown', 'suspended'] as const
export type SuspensionAction = { readonly do: (typeof suspensionActions)[number] }
export type SuspensionEnd = { readonly tell: (typeof suspensionEnds)[number] }

/**
 * The next step for one suspension. Other code takes the access away, because this file exists. Once a status says that the brake let
 * the person pass, ssofile does not ask the brake again: the person counts once, however long the file stays. The first row that fits
 * counts.
 *
 * | file  | policy      | user      | by id | status before       | in groups | step      |
 * | ----- | ----------- | --------- | ----- | ------------------- | --------- | --------- |
 * | none  | any         | any       | any   | any                 | any       | restore   |
 * | there | protects it | known     | found | any                 | any       | restore   |
 * | there | protects it | any       | any   | any                 | any       | protected |
 * | there | none        | not known | any   | any                 | any       | unknown   |
 * | there | none        | known     | no    | any                 | any       | note      |
 * | there | none        | known     | found | suspended, only due | no        | suspended |
 * | there | none        | known     | found | has not passed      | any       | admit     |
 * | there | none        | known     | found | has passed          | any       | end       |
 */
export function decideSuspension(facts: SuspensionFacts): SuspensionAction | SuspensionEnd {
  const { isThere, protectedBy, user, isNoted, told, isDue, isInGroup } = facts
  if (!isThere) return { do: 'restore' }
  if (protectedBy !== undefined) return user !== undefined && isNoted ? { do: 'restore' } : { tell: 'protected' }
  if (user === undefined) return { tell: 'unknown' }
  if (!isNoted) return { do: 'note' }
  if (told === 'suspended' && isDue && !isInGroup) return { tell: 'suspended' }
  return { do: isAdmitted(told && { state: told }) ? 'end' : 'admit' }
}
