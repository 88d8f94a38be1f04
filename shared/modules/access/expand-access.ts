import type { RoleInPlaceOfSet } from '../../domain/assignments/entitlement.ts'
import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import type { AccessLevel } from '../../domain/iam-policies/access-level.ts'
import type { ToldLink } from '../../domain/links/told-link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import { renderUnitPath } from '../../domain/organization/unit-path.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type MembershipId, ownedMembershipKey } from '../../domain/principals/owned-membership.ts'
import { disabledRemark, goneRemark, suspendedRemark } from '../../domain/principals/person-remark.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { answerOrError } from '../../ports/service-error.ts'
import type { People } from '../../reconcile/directory/people.ts'
import type { MadeMemberships } from '../../reconcile/records/owned-groups.ts'
import { type OwnUse, type RoleUse, unusedDays } from '../usage/rules/role-use.ts'
import type { Subject } from './find-subject.ts'
import type { OwnUses } from './own-uses.ts'
import type { SuspensionOf } from './read-suspensions.ts'
import type { AnyAccess } from './recorded-access.ts'

/** The remark of a group if the directory did not list its members. */
export const membersUnknown = 'its members are not known'
/** The same at an earlier instant. */
export const membersNotRecorded = 'its members then are not recorded'

/** The access of one person in one account by one assignment. */
export type HeldAccess = {
  /** The user name, or the id of a user who is gone. Absent: see `remark`. */
  readonly person?: string | undefined
  readonly personId?: PrincipalId | undefined
  /** The group of the assignment; absent: the person has it directly. */
  readonly group?: string | undefined
  readonly groupId?: PrincipalId | undefined
  /** The files behind the person's membership; absent: others added the person, or it is unknown. */
  readonly memberships?: readonly string[] | undefined
  /** When the person joined the group. Absent: others added the person, or it is unknown. */
  readonly memberSince?: string | undefined
  readonly account: AccountId
  readonly accountName?: string | undefined
  readonly accountState?: Account['state'] | undefined
  /** The names of all units above the account, from the root down, in the form of `renderUnitPath`. */
  readonly path?: string | undefined
  /** The same as ids, separated by `/`. */
  readonly pathIds?: string | undefined
  /** Or the existing role that account access manager grants. */
  readonly permissionSet: PermissionSetName | RoleInPlaceOfSet
  /** `not known`: the ledger is lost. */
  readonly origin: 'ssofile' | 'foreign' | 'not known'
  readonly state: AnyAccess['state'] | 'not known'
  /** When it began; for foreign access: when ssofile first saw it. */
  readonly since?: string | undefined
  /** When it ends by itself: the expiry of its last link. */
  readonly until?: string | undefined
  /** Temporary links include their request. */
  readonly links: readonly ToldLink[]
  /** How the role was used, by anybody who has it. Absent: not asked. */
  readonly use?: RoleUse | undefined
  /** How this person used it. Absent: not counted, not readable, or not asked. */
  readonly own?: OwnUse | undefined
  /** For how many days no use of this access is known, by this person if that is counted. Absent: unknown. */
  readonly unusedDays?: number | undefined
  /** The levels of the permission set, the gravest first. Absent: not asked. */
  readonly levels?: readonly AccessLevel[] | undefined
  /** Why nobody is named, or that the person is gone, disabled or suspended. */
  readonly remark?: string | undefined
}

/** The access in one account, and its rows. */
export type HeldInAccount = { readonly access: readonly AnyAccess[]; readonly rows: readonly HeldAccess[] }

/** A former member of a group. `memberships`: the files behind the membership. */
export type MemberThen = Required<Pick<HeldAccess, 'person' | 'personId' | 'memberships'>>
/** The members of each group, by the id of the group, at one instant. A group without an entry is unknown. */
export type MembershipsThen = { readonly asOf: string; readonly groups: ReadonlyMap<string, readonly MemberThen[]> }

export type ExpansionThen = {
  /** Absent: groups are not expanded. */
  readonly memberships?: MembershipsThen | undefined
  /** Whether the question is about this person. Absent: about everybody. */
  readonly isMeant?: ((person: Pick<MemberThen, 'person' | 'personId'>) => boolean) | undefined
}

export type ExpansionSources = {
  readonly people: People
  readonly subject: Subject
  /** The file that suspends this user. */
  readonly suspensionOf: SuspensionOf
  readonly made: Pick<MadeMemberships, 'of'>
  /** Absent: not asked. */
  readonly ownUses?: OwnUses | undefined
  readonly accounts: ReadonlyMap<AccountId, Account>
  readonly unitNames: ReadonlyMap<string, string>
  readonly notes: string[]
  /** Access of an earlier time: names are the recorded ones. Absent: of now. */
  readonly then?: ExpansionThen | undefined
  /** The ledger is lost, so access without an entry may be ssofile's. */
  readonly isLost?: boolean
  readonly onStep?: TellProgress | undefined
}

type Places = Pick<ExpansionSources, 'accounts' | 'unitNames' | 'isLost'>
type Holder = Pick<HeldAccess, 'person' | 'personId' | 'group' | 'groupId' | 'memberships' | 'memberSince' | 'remark'>

/**
 * A row for each person: users with direct access, and each member of a group with access. Account by account, ascending; the rows of an
 * account are sorted. First reads what all of them need.
 */
export async function* expandAccess(
  access: readonly AnyAccess[],
  context: ExpansionSources,
): AsyncGenerator<HeldInAccount> {
  const { then } = context
  const describe = then ? (one: AnyAccess) => describeThen(one, then, context) : await describeNow(access, context)
  const byAccount = Map.groupBy(access, ({ accountId }) => accountId)
  for (const id of [...byAccount.keys()].sort()) {
    const inAccount = byAccount.get(id) ?? []
    yield { access: inAccount, rows: sortRows(inAccount.flatMap(describe)) }
  }
}

async function describeNow(
  access: readonly AnyAccess[],
  context: ExpansionSources,
): Promise<(one: AnyAccess) => readonly HeldAccess[]> {
  const idsOf = (type: AnyAccess['type']) =>
    new Set(access.filter((one) => one.type === type).map(({ principalId }) => principalId))
  const groups = idsOf('GROUP')
  const members = await readMembers(groups, context)
  const users = new Set([...idsOf('USER'), ...[...members.values()].flatMap((ids) => ids ?? [])])
  const names = await readNames(groups, users, context)
  const isOne = context.subject.user !== undefined
  const holdersOf = new Map(
    [...groups].map((id) => {
      // For one user, skip groups without that user.
      const isOther = isOne && members.get(id)?.length === 0
      return [id, isOther ? [] : describeGroup(id, members, names)] as const
    }),
  )
  const made = await context.made.of([...holdersOf.values()].flat().flatMap((one) => membershipOf(one) ?? []))
  const withMade = (holder: Holder): Holder => {
    const id = membershipOf(holder)
    const { files: memberships, since: memberSince } = (id && made.get(ownedMembershipKey(id))) ?? {}
    return { ...holder, ...(memberships && { memberships }), ...(memberSince !== undefined && { memberSince }) }
  }
  const ownUseOf = await context.ownUses?.of(users)
  return (one) => {
    const about = describeAccess(one, context)
    const holders =
      one.type === 'USER'
        ? [describeUser(one.principalId, one.principal, names)]
        : (holdersOf.get(one.principalId) ?? []).map((holder) => withMade({ group: one.principal, ...holder }))
    return holders.map((holder): HeldAccess => {
      const own = holder.personId && ownUseOf?.(holder.personId, about)
      const row = { ...holder, ...about, ...(own && { own }) }
      return { ...row, unusedDays: unusedDays(row) }
    })
  }
}

function membershipOf({ groupId: group, personId: user }: Holder): MembershipId | undefined {
  return group === undefined || user === undefined ? undefined : { group, user }
}

/** A question about one person keeps the row of a group without recorded members: the person may have been in it. */
function describeThen(
  access: AnyAccess,
  { memberships: known, isMeant }: ExpansionThen,
  places: Places,
): readonly HeldAccess[] {
  const about = describeAccess(access, places)
  const { type, principal, principalId } = access
  if (type === 'USER') return [{ person: principal, personId: principalId, ...about }]
  const group = { group: principal, groupId: principalId }
  const members = known?.groups.get(principalId)
  if (members === undefined) return [{ ...group, remark: membersNotRecorded, ...about }]
  if (members.length === 0 && !isMeant) return [{ ...group, remark: 'the group has no members', ...about }]
  return members
    .filter((member) => isMeant?.(member) ?? true)
    .map(({ memberships, ...person }) => ({
      ...group,
      ...person,
      ...(memberships.length > 0 && { memberships }),
      ...about,
    }))
}

function sortRows(rows: readonly HeldAccess[]): readonly HeldAccess[] {
  // Make each key once, because a group may have thousands of members.
  const keyed = rows.map((row) => ({ row, key: sortKeyOf(row) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ row }) => row)
}

type Users = Awaited<ReturnType<People['find']>>

type Members = ReadonlyMap<PrincipalId, readonly PrincipalId[] | undefined>
type Names = Awaited<ReturnType<typeof readNames>>

/** The members of the groups in question. A group without an entry could not be listed. */
async function readMembers(
  groups: ReadonlySet<PrincipalId>,
  { people, subject, notes, onStep = () => {} }: ExpansionSources,
): Promise<Members> {
  let done = 0
  const { user, principals } = subject
  const ownGroups = new Set(principals?.filter(({ type }) => type === 'GROUP').map(({ id }) => id))
  // For a user whose groups are known, only this user.
  const isOwn = user !== undefined && principals?.some(({ type }) => type === 'USER')
  const read = await Promise.all(
    [...groups].map(async (id): Promise<readonly [PrincipalId, readonly PrincipalId[] | undefined] | undefined> => {
      if (isOwn && ownGroups.has(id)) return [id, [user.id]]
      const answer = await answerOrError(people.membersOf(id))
      if ('error' in answer) {
        const note = `the members of groups could not be listed, so groups are not expanded: ${answer.error.message}`
        if (!notes.includes(note)) notes.push(note)
        return undefined
      }
      onStep('reading the members of groups', { done: ++done, of: groups.size })
      return [id, user === undefined ? answer.is : answer.is?.filter((member) => member === user.id)]
    }),
  )
  return new Map(read.filter((found) => found !== undefined))
}

async function readNames(
  groups: ReadonlySet<PrincipalId>,
  users: ReadonlySet<PrincipalId>,
  { people, notes, suspensionOf }: ExpansionSources,
): Promise<{
  readonly groups: ReadonlyMap<PrincipalId, PrincipalName> | undefined
  readonly users: Users | undefined
  readonly suspensionOf: SuspensionOf
}> {
  const read = async <T>(call: Promise<T>) => {
    const answer = await answerOrError(call)
    if ('is' in answer) return answer.is
    const note = `the directory could not be asked for names, so recorded names and ids are shown: ${answer.error.message}`
    if (!notes.includes(note)) notes.push(note)
    return undefined
  }
  const [groupNames, found] = await Promise.all([
    read(people.namesOf('GROUP', groups)),
    read(people.find('USER', users)),
  ])
  return { groups: groupNames, users: found, suspensionOf }
}

function describeUser(id: PrincipalId, recorded: string, { users, suspensionOf }: Names): Holder {
  const { name, isDisabled } = users?.get(id) ?? {}
  const isSuspended = suspensionOf(id, name) !== undefined
  const remark = isSuspended ? { remark: suspendedRemark } : isDisabled ? { remark: disabledRemark } : {}
  if (name !== undefined || users === undefined) return { person: name ?? recorded, personId: id, ...remark }
  return { person: recorded, personId: id, remark: goneRemark }
}

function describeGroup(id: PrincipalId, members: Members, names: Names): readonly Holder[] {
  const name = names.groups?.get(id)
  // Without a present name the recorded one stays.
  const group = { groupId: id, ...(name !== undefined && { group: name }) }
  if (!members.has(id)) return [{ ...group, remark: membersUnknown }]
  const listed = members.get(id)
  if (listed === undefined) return [{ ...group, remark: 'the group is gone from the directory' }]
  if (listed.length === 0) return [{ ...group, remark: 'the group has no members' }]
  return listed.map((member) => ({ ...group, ...describeUser(member, member, names) }))
}

function describeAccess(
  access: AnyAccess,
  { accounts, unitNames, isLost = false }: Places,
): Omit<HeldAccess, keyof Holder> {
  const { accountId, permissionSet, state, since, links } = access
  const account = accounts.get(accountId)
  const isDoubtful = isLost && state === 'foreign'
  return {
    account: accountId,
    accountName: account?.name,
    accountState: account?.state,
    path: account && renderUnitPath(account.parents, unitNames),
    pathIds: account?.parents.join('/'),
    permissionSet,
    origin: isDoubtful ? 'not known' : state === 'foreign' ? 'foreign' : 'ssofile',
    state: isDoubtful ? 'not known' : state,
    since,
    until: state === 'foreign' ? undefined : endOf(links),
    links,
    use: access.use,
    unusedDays: unusedDays(access),
  }
}

/** The last expiry, if every link has one. */
function endOf(links: readonly GrantingLink[]): string | undefined {
  const ends = links.flatMap(({ expiresAt }) => expiresAt ?? [])
  if (ends.length === 0 || ends.length < links.length) return undefined
  return ends.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1)
}

/** By person, account, permission set and group. Rows without a person come last. */
export function sortKeyOf({ person, account, permissionSet, group }: HeldAccess): string {
  const parts = [person === undefined ? '1' : '0', person ?? '', account, permissionSet, group ?? '']
  return parts.join('\u0000')
}
