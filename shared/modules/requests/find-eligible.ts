import type { Eligibility } from '../../domain/files/eligibility-file.ts'
import { temporaryFolder } from '../../domain/links/temporary-folder.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { isUnclear, isWithin, type Membership } from '../../domain/scopes/expand-scope.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { EligibilityFiles } from './eligibility-files.ts'
import type { GroupsOfPerson, People } from './people.ts'
import { isFor } from './rules/choose-eligibility.ts'

/** Every given field must match; no field: every eligibility. */
export type EligibleQuestion = {
  /** The eligibilities for this user, also through groups. */
  readonly user?: { readonly id: PrincipalId; readonly name: string } | undefined
  /** Only eligibilities for the members of this group. */
  readonly group?: string | undefined
  readonly permissionSet?: string | undefined
  /** A known place in its present scopes. */
  readonly place?: { readonly account: Account; readonly membership: Membership } | undefined
}

/**
 * The eligibilities that let somebody request access, by name. `broken`: names of unusable ones. `unread`: why the user's
 * groups are unknown; eligibilities for groups are missing then.
 */
export async function findEligible(
  { user, group, permissionSet, place }: EligibleQuestion,
  { files, people }: { readonly files: EligibilityFiles; readonly people: People },
): Promise<{
  readonly eligible: readonly Eligibility[]
  readonly broken: readonly string[]
  readonly unread: string | undefined
}> {
  const { eligibilities } = await files.read()
  const usable = [...eligibilities.values()].flatMap((file) => (file.ok ? [file.value] : []))
  const fitting = usable.filter(
    (one) =>
      (permissionSet === undefined || fitsOne(one.permissionSets, permissionSet)) &&
      (place === undefined || one.scopes.some((scope) => mayHave(scope, place))) &&
      (group === undefined || one.for.groups.includes(group)),
  )
  const named = new Set(user === undefined ? [] : fitting.flatMap((one) => one.for.groups))
  const none: GroupsOfPerson = { groups: new Set() }
  const { groups: own, unread } = user === undefined ? none : await people.groupsOf(user.id, named)
  const eligible = fitting.filter((one) => user === undefined || isFor(one, { userName: user.name, groups: own }))
  const broken = [...eligibilities].flatMap(([name, file]) => (file.ok ? [] : [name]))
  return { eligible: eligible.toSorted((a, b) => (a.name < b.name ? -1 : 1)), broken: broken.sort(), unread }
}

function mayHave(
  scope: Eligibility['scopes'][number],
  { account, membership }: NonNullable<EligibleQuestion['place']>,
): boolean {
  const reaching = { scope, folder: temporaryFolder }
  return isUnclear(reaching, account, membership) || isWithin(reaching, account, membership)
}
