import { assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PermissionSetArn, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import { listAll, listUnlessGone } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import type { AssignmentTarget, Principal, SsoAdmin } from '../../ports/sso-admin.ts'
import { listAssignmentsIn, listAssignmentsOf } from '../../reconcile/calls/assignment-listings.ts'
import { PermissionSetIndex } from '../../reconcile/directory/permission-set-index.ts'
import type { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { foreignAccess } from '../../reconcile/records/foreign-assignments.ts'
import { listAssignmentKeys } from '../../reconcile/records/ledger.ts'

/** `name`: or the id. */
export type NamedPrincipal = { readonly type: PrincipalType; readonly name: PrincipalName }

/** The assignments in question. An empty list: all. */
export type AssignmentFilter = {
  readonly accounts: readonly AccountId[]
  readonly permissionSets: readonly PermissionSetName[]
  readonly principals: readonly NamedPrincipal[]
}

/**
 * Does `work` for each item while it may call SSO Admin, in portions, so that the dispatcher gets its turns. `ssoAdmin` is
 * limited to the rate. Reports `what` and the progress to a person.
 */
export type InPortions = <T>(
  items: readonly T[],
  what: string,
  work: (item: T, ssoAdmin: SsoAdmin) => Promise<void>,
) => Promise<void>

export type ExistingAssignments = {
  readonly rows: readonly AssignmentTarget[]
  readonly permissionSetNames: ReadonlyMap<PermissionSetArn, PermissionSetName>
  /** Names of the filter that do not exist. */
  readonly unknown: readonly Complaint[]
}

type ListSources = Pick<Ports, 'objects' | 'clock'> & {
  /** By the records of the last drift check, without a call for each account. For read-only callers. */
  readonly isRecorded?: boolean | undefined
  readonly principals: PrincipalIndex
  readonly inPortions: InPortions
}
type SetInAccount = { readonly accountId: AccountId; readonly arn: PermissionSetArn }

/**
 * All existing assignments of Identity Center, or those of the filter. Lists by permission set and account, a call for each
 * place: only this finds all assignments of users and of deleted principals. If the filter names principals, lists by
 * principal: a call for 100 assignments.
 */
export async function listExisting(filter: AssignmentFilter, context: ListSources): Promise<ExistingAssignments> {
  const { inPortions } = context
  let named: ReadonlyMap<PermissionSetName, PermissionSetArn> = new Map()
  await inPortions(['all'], 'permission sets', async (_, ssoAdmin) => {
    named = await new PermissionSetIndex({ ...context, ssoAdmin }).list()
  })
  const permissionSetNames = new Map([...named].map(([name, arn]) => [arn, name]))
  const missing = filter.permissionSets.filter((name) => !named.has(name))
  const { found, unknown } = await findPrincipals(filter.principals, context)
  const meant = filter.permissionSets.length > 0 ? filter.permissionSets : [...named.keys()]
  const arns = new Set(meant.flatMap((name) => named.get(name) ?? []))
  const isMeant = ({ accountId, permissionSetArn, principalId }: AssignmentTarget) =>
    arns.has(permissionSetArn) &&
    (filter.accounts.length === 0 || filter.accounts.includes(accountId)) &&
    (filter.principals.length === 0 || found.some((one) => one.principalId === principalId))
  const byPrincipal = filter.principals.length > 0 ? await listByPrincipal(found, context) : undefined
  const list = () => (context.isRecorded ? listRecorded(named, context) : listByPlace(arns, filter.accounts, context))
  const rows = byPrincipal ?? (await list())
  return {
    rows: rows.filter(isMeant),
    permissionSetNames,
    unknown: [...missing.map((name) => complain('permission set', name)), ...unknown],
  }
}

function complain(noun: string, name: string): Complaint {
  return {
    object: `the ${noun} '${quote(name)}'`,
    received: 'a name that nobody has',
    expected: `the exact name of a ${noun} of Identity Center, with its capitals and small letters`,
    remedy: 'correct the name',
  }
}

async function findPrincipals(named: readonly NamedPrincipal[], { principals }: ListSources) {
  await principals.foresee(named.map(({ type, name: principal }) => ({ type, principal })))
  const found: Principal[] = []
  const unknown: Complaint[] = []
  for (const { type: principalType, name } of named) {
    const { data: id } = principalId.safeParse(name)
    const present = await principals.resolve(principalType, name, Number.NEGATIVE_INFINITY)
    if (present !== undefined) found.push({ principalId: present, principalType })
    else if (id && (await principals.whereabouts(principalType, id, Number.NEGATIVE_INFINITY)) !== 'gone')
      found.push({ principalId: id, principalType })
    else unknown.push(complain(principalType === 'USER' ? 'user' : 'group', name))
  }
  return { found, unknown }
}

/** `undefined`: refused, as for a delegated administrator. */
async function listByPrincipal(
  principals: readonly Principal[],
  { inPortions }: ListSources,
): Promise<readonly AssignmentTarget[] | undefined> {
  const rows: AssignmentTarget[] = []
  const list = async () => {
    await inPortions(principals, 'groups and users', async (principal, ssoAdmin) => {
      for (const row of await listAssignmentsOf(principal, ssoAdmin)) rows.push(row)
    })
    return rows
  }
  return unlessCode(list(), 'AccessDeniedException')
}

async function listByPlace(
  arns: ReadonlySet<PermissionSetArn>,
  accounts: readonly AccountId[],
  { inPortions }: ListSources,
): Promise<readonly AssignmentTarget[]> {
  const places: SetInAccount[] = []
  const rows: AssignmentTarget[] = []
  if (accounts.length > 0)
    await inPortions(accounts, 'accounts', async (accountId, ssoAdmin) => {
      const list = (token?: string) => ssoAdmin.listPermissionSetsProvisionedToAccount(accountId, undefined, token)
      const listed = await Array.fromAsync(listAll(list))
      for (const arn of listed) if (arns.has(arn)) places.push({ accountId, arn })
    })
  else
    await inPortions([...arns], 'permission sets', async (arn, ssoAdmin) => {
      const list = (token?: string) => ssoAdmin.listAccountsForProvisionedPermissionSet(arn, undefined, token)
      for (const accountId of await listUnlessGone(list)) places.push({ accountId, arn })
    })
  await inPortions(places, 'accounts with a permission set', async ({ accountId, arn }, ssoAdmin) => {
    const listed = await listAssignmentsIn(accountId, arn, ssoAdmin)
    for (const row of listed) rows.push(row)
  })
  return rows
}

/** The ledger and `foreign/`: together all access at the last drift check. */
async function listRecorded(
  named: ReadonlyMap<PermissionSetName, PermissionSetArn>,
  { objects }: ListSources,
): Promise<readonly AssignmentTarget[]> {
  const rows: AssignmentTarget[] = []
  for (const prefix of [ledgerPrefix, foreignAccess.at]) {
    for await (const key of listAssignmentKeys(objects, prefix)) {
      const { accountId, permissionSet, principalId: id, type } = assignmentOf(key)
      const permissionSetArn = named.get(permissionSet)
      if (permissionSetArn) rows.push({ accountId, permissionSetArn, principalId: id, principalType: type })
    }
  }
  return rows
}
