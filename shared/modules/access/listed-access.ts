import pLimit from 'p-limit'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import { listAll, listUnlessGone } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import { listAssignmentsIn } from '../../reconcile/calls/assignment-listings.ts'
import { readGently } from '../../reconcile/calls/limited-sso-admin.ts'
import { looksMost } from '../../reconcile/calls/rate-limiter.ts'
import { wrapPort } from '../../reconcile/calls/wrap-port.ts'
import type { PermissionSetIndex } from '../../reconcile/directory/permission-set-index.ts'

/** The most calls for one answer: five seconds of the rate below. */
const callsMost = 60
const askedAtOnce = 12

/** The question; every given field must match. */
export type AccessFilter = {
  /** One of these: a group, or a user and then its groups. */
  readonly principals?: readonly { readonly type: PrincipalType; readonly id: PrincipalId }[] | undefined
  readonly account?: AccountId | undefined
  readonly permissionSet?: PermissionSetName | undefined
}

export type ListedAccess =
  | { readonly asked: true; readonly targets: readonly AssignmentTarget[]; readonly at: Date; readonly calls: number }
  /** `why`: the end of a sentence. */
  | { readonly asked: false; readonly why: string }

class TooManyCallsError extends Error {
  override readonly name = 'TooManyCallsError'
}

/** Identity Center refused, or an answer would take too many calls. */
export function isNoAnswer(error: unknown): error is Error {
  return isServiceError(error) || error instanceof TooManyCallsError
}

type Asking = { readonly ssoAdmin: SsoAdmin; readonly index: PermissionSetIndex }

/** Counts the calls, and refuses more than one answer is worth. */
export function readSparingly(ports: Parameters<typeof readGently>[0]) {
  let calls = 0
  const ssoAdmin = wrapPort(readGently(ports, looksMost), async (operation, call) => {
    if (++calls > callsMost) throw new TooManyCallsError(`it would take more than ${callsMost} calls (${operation})`)
    return call()
  })
  return { ssoAdmin, calls: () => calls }
}

/**
 * What Identity Center lists at this moment, where a few calls tell: of a principal (100 assignments a call), in an
 * account (a call for each permission set there), or of a permission set in a few accounts.
 *
 * | asked about          | calls                                                                       |
 * | -------------------- | --------------------------------------------------------------------------- |
 * | principals           | ListAccountAssignmentsForPrincipal: for a person one to a few; where that is refused, the next that fits |
 * | an account           | ListPermissionSetsProvisionedToAccount, ListAccountAssignments for each      |
 * | both account and set | ListAccountAssignments                                                       |
 * | a permission set     | ListAccountsForProvisionedPermissionSet, ListAccountAssignments for each     |
 * | none of these        | none: everything would be hundreds of calls                                  |
 */
export async function askIdentityCenter(
  filter: AccessFilter,
  ports: Pick<Ports, 'clock'>,
  { ssoAdmin, index, calls, isUnknown }: Asking & { readonly calls: () => number; readonly isUnknown: boolean },
): Promise<ListedAccess> {
  // Only access recorded under the name can be found.
  if (isUnknown) return { asked: false, why: 'it knows principals only by id, and the directory returned none' }
  const at = ports.clock.now()
  try {
    const found = await list(filter, { ssoAdmin, index })
    return 'why' in found ? { asked: false, why: found.why } : { asked: true, ...found, at, calls: calls() }
  } catch (error) {
    if (!isNoAnswer(error)) throw error
    return { asked: false, why: error.message }
  }
}

type Listed = { readonly targets: readonly AssignmentTarget[] } | { readonly why: string }

async function list({ principals, account, permissionSet }: AccessFilter, asking: Asking): Promise<Listed> {
  const own = principals && (await listOfPrincipals(principals, asking))
  if (own && 'targets' in own) return own
  if (permissionSet === undefined) {
    if (account !== undefined) return { targets: await listInAccount(account, asking) }
    return own ?? { why: 'that would take a call for every account and set' }
  }
  const arn = await asking.index.resolve(permissionSet)
  if (arn === undefined) return { targets: [] }
  const pages = (token?: string) => asking.ssoAdmin.listAccountsForProvisionedPermissionSet(arn, undefined, token)
  const accounts = account === undefined ? await listUnlessGone(pages) : [account]
  const places = accounts.map((id) => [id, arn] as const)
  return { targets: await listRows(places, asking) }
}

/**
 * A group, or a user and then its groups. Of a user the rows of its groups are mixed in, as was seen, but not documented:
 * where there is none of them, the groups are asked as well. A delegated administrator may not ask so.
 */
async function listOfPrincipals(
  [first, ...groups]: NonNullable<AccessFilter['principals']>,
  { ssoAdmin }: Asking,
): Promise<Listed> {
  if (first === undefined) return { targets: [] }
  const rowsOf = ({ type: principalType, id: principalId }: typeof first) =>
    Array.fromAsync(
      listAll((token) => ssoAdmin.listAccountAssignmentsForPrincipal({ principalId, principalType }, token)),
    )
  try {
    const rows = await rowsOf(first)
    if (rows.some(({ principalType }) => principalType === 'GROUP')) return { targets: rows }
    return { targets: [rows, ...(await pLimit(askedAtOnce).map(groups, rowsOf))].flat() }
  } catch (error) {
    if (!isServiceError(error, 'AccessDeniedException')) throw error
    return { why: `the caller may not list what a principal has: ${error.message}` }
  }
}

async function listInAccount(account: AccountId, asking: Asking): Promise<readonly AssignmentTarget[]> {
  const { ssoAdmin } = asking
  const pages = (token?: string) => ssoAdmin.listPermissionSetsProvisionedToAccount(account, undefined, token)
  const places = (await listUnlessGone(pages)).map((arn) => [account, arn] as const)
  return listRows(places, asking)
}

async function listRows(
  places: readonly (readonly [AccountId, PermissionSetArn])[],
  { ssoAdmin }: Asking,
): Promise<readonly AssignmentTarget[]> {
  if (places.length > callsMost) throw new TooManyCallsError(`it would take more than ${callsMost} calls`)
  const rows = await pLimit(askedAtOnce).map(places, ([account, arn]) => listAssignmentsIn(account, arn, ssoAdmin))
  return rows.flat()
}
