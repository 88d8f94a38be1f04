import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import type { StatusState } from '../../../domain/statuses/status.ts'
import { isAdmitted } from '../../../domain/suspensions/describe-suspension.ts'

export const notedUsers = ['none', 'some', 'all'] as const

export type SuspensionFacts = {
  readonly isThere: boolean
  /** The policy that forbids files to suspend this user. */
  readonly protectedBy: string | undefined
  /** Each user who has this name now, or had it at a look. A provider may delete a person and make the same person again. */
  readonly users: readonly PrincipalId[]
  /** How many of them have a note: ssofile then finds the file by the id, even if the name changes. */
  readonly noted: (typeof notedUsers)[number]
  /** The state in the file's last status. */
  readonly told: StatusState | undefined
  /** Only its hourly look is due: nothing is known to have changed. */
  readonly isDue: boolean
  /**
   * One of the users is in a group, has access of their own, has got the name since the last look, or has groups that cannot be read.
   * Read only for a due look at a suspended user.
   */
  readonly mayHaveAccess: boolean
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
 * | file  | policy      | users     | noted     | status before       | may have access | step      |
 * | ----- | ----------- | --------- | --------- | ------------------- | --------------- | --------- |
 * | none  | any         | any       | any       | any                 | any             | restore   |
 * | there | protects it | known     | some, all | any                 | any             | restore   |
 * | there | protects it | any       | any       | any                 | any             | protected |
 * | there | none        | not known | any       | any                 | any             | unknown   |
 * | there | none        | known     | not all   | any                 | any             | note      |
 * | there | none        | known     | all       | suspended, only due | no              | suspended |
 * | there | none        | known     | all       | has not passed      | any             | admit     |
 * | there | none        | known     | all       | has passed          | any             | end       |
 */
export function decideSuspension(facts: SuspensionFacts): SuspensionAction | SuspensionEnd {
  const { isThere, protectedBy, users, noted, told, isDue, mayHaveAccess } = facts
  if (!isThere) return { do: 'restore' }
  if (protectedBy !== undefined) return users.length > 0 && noted !== 'none' ? { do: 'restore' } : { tell: 'protected' }
  if (users.length === 0) return { tell: 'unknown' }
  if (noted !== 'all') return { do: 'note' }
  if (told === 'suspended' && isDue && !mayHaveAccess) return { tell: 'suspended' }
  return { do: isAdmitted(told && { state: told }) ? 'end' : 'admit' }
}
