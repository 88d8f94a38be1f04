import { type AssignmentKey, assignmentOf } from '../assignments/assignment.ts'
import type { SuspendedPerson } from '../brake/act.ts'
import { heldRemedy } from '../brake/describe-list.ts'
import { uploaderWithoutSession } from '../links/uploader-without-session.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import { quote } from '../statuses/complaint.ts'
import type { Status } from '../statuses/status.ts'
import { count } from '../text/count.ts'

/** The access that a suspended person still has. */
export type Holdings = {
  readonly user: PrincipalId
  readonly ours: readonly AssignmentKey[]
  /** How many accesses ssofile had given when the file suspended the person, by the report. Absent: not known. */
  readonly had?: number | undefined
  /** The memberships that ssofile made. */
  readonly memberships: readonly unknown[]
  /** Names of groups into which ssofile put the user and which a provider manages now. Only the provider can take the user out. */
  readonly kept: readonly string[]
  /** Those of `ours` that AWS lets nobody revoke now. */
  readonly failed: readonly AssignmentKey[]
  /** Why the brake holds some or all of it. Absent: nothing is held. */
  readonly held?: string | undefined
  /** Access that others gave to the user. */
  readonly foreign: readonly AssignmentKey[]
  /** Names of the user's other groups that have access. */
  readonly groups: readonly string[]
  /** Why ssofile could not read the user's groups. It then knows only those into which it put the user. */
  readonly unread?: string | undefined
  /** Permission sets whose sessions ssofile should deny, but does not yet. */
  readonly undenied?: readonly string[] | undefined
}

const admitted: ReadonlySet<Status['state']> = new Set(['revoking', 'failed', 'suspended', 'partly'])

/** The brake let the person pass: the person's access ends. */
export function isAdmitted(told: Pick<Status, 'state' | 'putOff'> | undefined): boolean {
  // A first look that failed did not ask the brake.
  return told !== undefined && admitted.has(told.state) && told.putOff?.state !== 'applying'
}

/** The facts for the brake about a revocation from a suspended user. `told`: the status of the file. */
export function suspendedAs(user: PrincipalId, told: Status | undefined): SuspendedPerson | 'admitted' {
  return isAdmitted(told) ? 'admitted' : { user, by: uploaderWithoutSession(told?.by) }
}

const namedMost = 5

/**
 * The status of a suspension whose user is known. The first row that fits counts. `isBegun`: an earlier status said that the person
 * passed the brake. ssofile denies sessions and withdraws requests after that status, and before it says that all is done.
 *
 * | of ours             | begun | by others               | state     |
 * | ------------------- | ----- | ----------------------- | --------- |
 * | some is held        |       |                         | held      |
 * | any                 | no    |                         | revoking  |
 * | all left has failed |       |                         | failed    |
 * | some is left        |       |                         | revoking  |
 * | nothing             |       | access, groups with access, groups that a provider manages now, or groups that cannot be read | partly |
 * | nothing             |       | nothing                 | suspended |
 */
export function describeSuspension(holdings: Holdings, isBegun: boolean): Pick<Status, 'state' | 'reason' | 'remedy'> {
  const { user, ours, memberships, kept, failed, held, foreign, groups, unread, undenied = [] } = holdings
  const left = ours.length + memberships.length
  const groupsLeft = memberships.length > 0 ? [count(memberships.length, 'membership', 'memberships')] : []
  const isOfGroupsAlone = ours.length === 0 && groupsLeft.length > 0
  const what = [...(isOfGroupsAlone ? [] : [count(ours.length, 'access', 'accesses')]), ...groupsLeft].join(' and ')
  if (held !== undefined)
    return {
      state: 'held',
      reason: `${held}; the person keeps ${what} that ssofile gave, and gets nothing new`,
      remedy: heldRemedy,
    }
  if (!isBegun && left === 0)
    return { state: 'revoking', reason: 'ssofile is denying sessions and withdrawing requests' }
  if (isBegun && ours.length > 0 && failed.length === left)
    return {
      state: 'failed',
      reason: `AWS does not let ssofile take away ${name(failed)}, for instance because an account is suspended`,
      remedy:
        'nothing to do: ssofile tries again; to see why it failed, run ssofile explain with the account and the permission set',
    }
  if (left > 0) return { state: 'revoking', reason: isBegun ? describeLeft(holdings) : `ssofile is revoking ${what}` }
  const isNothingKnown = foreign.length + groups.length + kept.length === 0
  if (isNothingKnown && unread === undefined)
    return { state: 'suspended', remedy: 'to give back the access that links still grant, delete this file' }
  const rest = [
    ...(foreign.length > 0 ? [`access that ssofile does not manage (${name(foreign)})`] : []),
    ...(groups.length > 0 ? [`access through groups that ssofile does not manage (${name(groups)})`] : []),
    ...(kept.length > 0 ? [`memberships of groups that a provider now manages (${name(kept)})`] : []),
    ...(unread === undefined ? [] : [`access through groups, which cannot be read (${quote(unread, 300)})`]),
  ]
  const acts = [
    ...(unread === undefined
      ? []
      : [
          `disable the user in the provider; until then ssofile sessions end ${quote(user)} --everywhere prints a policy that denies everything to the user; ssofile doctor says why groups cannot be read`,
        ]),
    ...(kept.length > 0 ? [`take the user out of ${name(kept)} in the provider of the groups`] : []),
    ...(groups.length > 0
      ? [
          `disable the user in the provider, or take the user out of these groups there; if Identity Center's own directory is the source: aws identitystore list-group-memberships-for-member --identity-store-id <store> --member-id UserId=${user}, then aws identitystore delete-group-membership`,
        ]
      : []),
    ...(foreign.length > 0
      ? [`aws sso-admin delete-account-assignment --principal-type USER --principal-id ${user} …, for each`]
      : []),
    ...(undenied.length > 0
      ? [
          `the status of permission_sets/ says why sessions are not denied; until then: ssofile sessions end ${quote(user)} --everywhere`,
        ]
      : []),
  ]
  const limit = isNothingKnown
    ? 'sessions through groups that cannot be read are not denied'
    : `${suspendedLimit}${unread === undefined ? '' : ', but not through groups that cannot be read'}`
  const not = undenied.length > 0 ? `, but not yet of ${name(undenied)}` : ''
  return {
    state: 'partly',
    reason: `ssofile has revoked everything that it gave, but the person still has ${rest.join(', and ')}, which ssofile cannot take away; ${limit}${not}`,
    remedy: acts.join('; '),
  }
}

/** `2 of 14 accesses are left: Billing-ps in 111111111111, Admin-ps in 222222222222`. */
function describeLeft({ ours, had = 0, memberships }: Holdings): string {
  const all = count(Math.max(had, ours.length), 'access', 'accesses')
  const named = ours.map((key) => `${assignmentOf(key).permissionSet} in ${assignmentOf(key).accountId}`)
  const accesses = `${ours.length} of ${all} ${ours.length === 1 ? 'is' : 'are'} left: ${name(named)}`
  const groups = `ssofile is revoking ${count(memberships.length, 'membership')}`
  return [...(ours.length > 0 ? [accesses] : []), ...(memberships.length > 0 ? [groups] : [])].join('; ')
}

const mostFirst: readonly Status['state'][] = ['held', 'revoking', 'failed', 'partly', 'suspended']

/** One file may mean several users, who had its name one after the other. The status is that of the user who has most left. */
export function describeSuspensions(
  [first, ...others]: readonly [Holdings, ...Holdings[]],
  isBegun: boolean,
): ReturnType<typeof describeSuspension> {
  const rankOf = ({ state }: Pick<Status, 'state'>) => mostFirst.indexOf(state)
  return others
    .map((one) => describeSuspension(one, isBegun))
    .reduce((most, one) => (rankOf(one) < rankOf(most) ? one : most), describeSuspension(first, isBegun))
}

/** The effect of a suspension on access that ssofile cannot take away. Every message uses these words. */
export const suspendedLimit =
  'until that ends, sessions of permission sets that ssofile owns are denied within two minutes'

function name(all: readonly string[]): string {
  const few = all.slice(0, namedMost).map((one) => quote(one, 200))
  return [...few, ...(all.length > namedMost ? [`${all.length - namedMost} more`] : [])].join(', ')
}
