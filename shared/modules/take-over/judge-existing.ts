import pLimit from 'p-limit'
import { type Assignment, type AssignmentKey, renderAssignmentKey } from '../../domain/assignments/assignment.ts'
import { parseLinkAnywhere, renderLinkKey } from '../../domain/links/link.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { nounOf, type PrincipalName, type PrincipalType } from '../../domain/principals/principal.ts'
import { closedBecause, type Reaching, type Scoping } from '../../domain/scopes/expand-scope.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { faultOfControl, type LackOfControl } from '../../reconcile/directory/management-account-sets.ts'
import type { PrincipalIndex, Whereabouts } from '../../reconcile/directory/principal-index.ts'
import { Ledger } from '../../reconcile/records/ledger.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'

const judgedAtOnce = 16

/** An existing assignment of Identity Center, by its names in a link and by its ids. */
export type Existing = {
  readonly key: AssignmentKey
  readonly assignment: Assignment
  readonly target: AssignmentTarget
}

/**
 * `new`: nobody's, and a link can name it. `ours`: the ledger has it, granted or being granted; `isGranted`: and at rest; `isAdopted`:
 * and by an import. `left`: it cannot be imported.
 */
export type Judgement =
  | { readonly is: 'new'; readonly existing: Existing }
  | {
      readonly is: 'ours'
      readonly existing: Existing
      readonly isGranted: boolean
      readonly isAdopted: boolean
    }
  | { readonly is: 'left'; readonly complaint: Complaint }

type JudgeSources = {
  readonly objects: ObjectStore
  readonly view: OrganizationView
  readonly configuration: Omit<Scoping, 'selectors'>
  readonly principals: PrincipalIndex
  readonly permissionSetNames: ReadonlyMap<PermissionSetArn, PermissionSetName>
  readonly lackOf: LackOfControl
  /** The folder for new links. */
  readonly folder?: string | undefined
  /** Receives how many are judged. */
  readonly onJudged?: (done: number) => void
}

/** Judges each listed assignment for an import, in the same order. Changes nothing. */
export async function judgeExisting(
  rows: readonly AssignmentTarget[],
  context: JudgeSources,
): Promise<readonly Judgement[]> {
  const { objects } = context
  const ledger = new Ledger(objects)
  let done = 0
  return pLimit(judgedAtOnce).map(rows, async (row) => {
    const judgement = await judge(row, { ...context, ledger })
    context.onJudged?.(++done)
    return judgement
  })
}

type Fault = Omit<Complaint, 'object'>

type Judging = JudgeSources & {
  readonly ledger: Ledger
}

async function judge(target: AssignmentTarget, context: Judging): Promise<Judgement> {
  const { accountId, principalId, permissionSetArn, principalType: type } = target
  const whereabouts = await context.principals.whereabouts(type, principalId, Number.NEGATIVE_INFINITY)
  const principal = whereabouts === 'gone' ? undefined : whereabouts.name
  const permissionSet = context.permissionSetNames.get(permissionSetArn)
  const leave = (fault: Fault): Judgement => {
    // In the form of a key, with ids for unknown names.
    const object = `account%${accountId}%${permissionSet ?? permissionSetArn}%${principal ?? principalId}%${type}`
    return { is: 'left', complaint: { object, ...fault } }
  }
  const fault = findAccountFault(target, context) ?? findNameFault(permissionSet, whereabouts, type)
  if (fault) return leave(fault)
  if (permissionSet === undefined || principal === undefined) return leave(unspellable(type, principal))
  const assignment = { accountId, permissionSet, principal, type }
  const key = renderAssignmentKey({ accountId, permissionSet, principalId, type })
  const { folder } = context
  const link = renderLinkKey({ ...assignment, scope: { kind: 'account', id: accountId }, folder })
  if (!parseLinkAnywhere(link).ok) return leave(unspellable(type, principal))
  const judgement = await judgeOwner({ key, assignment, target }, context, leave)
  const lack = judgement.is === 'new' ? context.lackOf(permissionSet, permissionSetArn) : undefined
  return lack ? leave(faultOfControl(lack)) : judgement
}

function findNameFault(
  permissionSet: PermissionSetName | undefined,
  whereabouts: Whereabouts,
  type: PrincipalType,
): Fault | undefined {
  if (permissionSet === undefined)
    return {
      received: 'a permission set that Identity Center does not list',
      expected: 'a permission set with a name',
      remedy: 'run the import again',
    }
  if (whereabouts === 'gone')
    return {
      received: `a deleted ${nounOf(type)}`,
      expected: 'a principal that links can name',
      remedy: 'delete the assignment in Identity Center: it gives nobody access',
    }
  return undefined
}

function unspellable(type: PrincipalType, principal: PrincipalName | undefined): Fault {
  return {
    received: `a ${nounOf(type)} whose name does not fit into a link${principal === undefined ? '' : `: '${quote(principal)}'`}`,
    expected: 'a short name of printable characters, in NFC, with the configured principalSuffix',
    remedy: `rename the ${nounOf(type)}, or leave its access alone`,
  }
}

async function judgeOwner(
  existing: Existing,
  { ledger }: Judging,
  leave: (fault: Fault) => Judgement,
): Promise<Judgement> {
  const { key, target } = existing
  const stored = await unlessSpoiled(ledger.read(key))
  if (isSpoiled(stored))
    return leave({
      received: stored.message,
      expected: 'a record that can be read',
      remedy: 'restore it, then import again',
    })
  if (!stored) return { is: 'new', existing }
  const { entry } = stored
  if (entry.permissionSetArn !== target.permissionSetArn)
    return leave({
      received: 'a ledger entry of a permission set that had this name before',
      expected: 'an entry of the same permission set',
      remedy: 'wait for the next reconcile (at most an hour), then import again',
    })
  const { state, reason } = entry
  if (state !== 'granted' && state !== 'granting')
    return leave({
      received: `access of ssofile that is ${state}${reason === undefined ? '' : ` (${reason})`}`,
      expected: 'access that is granted',
      remedy: 'do what the status of its link says, then import again',
    })
  const isGranted = state === 'granted'
  // No call of ours created it, so an import adopted it, perhaps with an interruption.
  const isAdopted = entry.call === undefined && entry.lastCreation === undefined
  return { is: 'ours', existing, isGranted, isAdopted: isGranted && isAdopted }
}

function findAccountFault(
  { accountId }: AssignmentTarget,
  { view, configuration, folder }: JudgeSources,
): Fault | undefined {
  const account = view.accounts.find(({ id }) => id === accountId)
  const link: Reaching = { scope: { kind: 'account', id: accountId }, folder }
  const { managementAccountId } = view
  const closed = closedBecause(link, accountId, { ...configuration, managementAccountId })
  if (closed === 'own-account')
    return {
      received: 'the account in which ssofile runs',
      expected: 'another account, or links outside folders if the configuration says includeOwnAccount',
      remedy: 'leave it alone: administrators of this account could change all access',
    }
  if (closed === 'management-account')
    return {
      received: 'the management account',
      expected: 'another account: the configuration does not say includeManagementAccount',
      remedy: 'leave it alone, or set includeManagementAccount and run ssofile in the management account',
    }
  if (account?.state === 'ACTIVE') return undefined
  return {
    received: account ? `an account that is ${account.state}` : 'an account that Organizations does not list',
    expected: 'an ACTIVE account',
    remedy: 'nothing to do: such an account accepts no changes; import again if it becomes ACTIVE',
  }
}
