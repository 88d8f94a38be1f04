import { renderAuthor } from '../../domain/by-hand/author.ts'
import { type Lack, remedyOfFailures } from '../../domain/links/lack.ts'
import { identityOf } from '../../domain/links/upload.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { planWarnings } from '../../domain/permission-sets/permission-set-changes.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ServiceError } from '../../ports/service-error.ts'
import type { ToldInput } from '../inputs/tell-input.ts'
import type { OwnedPermissionSet } from '../records/owned-permission-sets.ts'
import type { InputHead } from '../records/read-input.ts'
import type { Comparison, PermissionSetObstacle } from './permission-set-settlement.ts'
import type { ProvisioningResult } from './provision-permission-set.ts'

/** The upload that a status describes. */
export function uploadOf({ etag, lastModified, versionId, ...head }: InputHead) {
  return { etag, lastModified: renderInstant(lastModified), versionId, ...identityOf(head) }
}

/** The file is in force. If someone else's changes are only reported, the status names them until they are gone. */
export function describeApplied({ arn, drift }: OwnedPermissionSet): ToldInput {
  const common = { owned: true, permissionSetArn: arn }
  if (!drift) return { ...common, state: 'applied' }
  const { by, differences, isContested } = drift
  const who = by === undefined ? 'someone else' : `${renderAuthor(by)},`
  const reason = `${who} changed it in Identity Center; restoring it would: ${differences.join('; ')}`
  const why = isContested
    ? 'somebody changed it again after each restore within an hour: find out who'
    : '"onDrift" is "report"'
  const remedy = `to restore it, run ssofile touch with the key of the file and --rebind; or write the change into the file (${why})`
  return { ...common, state: 'failed', reason, remedy }
}

/** Why the file is not in force, or not everywhere. */
export function describeObstacle(obstacle: PermissionSetObstacle, entry: OwnedPermissionSet | undefined): ToldInput {
  const arn = entry?.arn
  switch (obstacle.is) {
    case 'not ours':
      return { state: 'rejected' }
    case 'refused': {
      const { error, lack } = obstacle
      const reason = `Identity Center refused it: ${error.code}: ${error.message}`
      const remedy = 'remove the cause; ssofile tries again by itself, at least every hour'
      return { state: 'failed', ...(lack ?? { reason, remedy }) }
    }
    case 'held': {
      const { reason, digest } = obstacle
      const remedy = `if you intend this, run ssofile brake --release ${digest}; otherwise upload the right file. Until then the permission set stays as it is`
      return { state: 'held', owned: true, permissionSetArn: arn, reason, remedy }
    }
    case 'too large': {
      const reason = `with the denial of ended sessions (${entry?.sessions?.denied.length ?? 0}), the inline policy would be ${obstacle.excess}`
      const remedy =
        'shorten the inline policy, or wait: the denials end after 12 hours (ssofile sessions), and ssofile tries the file again by itself. Until then the permission set stays as it is'
      return { state: 'failed', owned: true, permissionSetArn: arn, reason, remedy }
    }
    case 'not everywhere':
      return { permissionSetArn: arn, ...describeProvisioning(obstacle.provisioned) }
  }
}

/** The definition equals the file, but not in all accounts. */
function describeProvisioning({ outcome, accounts }: Exclude<ProvisioningResult, { outcome: 'done' }>): ToldInput {
  if (outcome === 'unfinished') return { state: 'applying', accounts }
  const { failed, desired } = accounts
  const [first] = failed
  const reason = `${failed.length} of ${desired} accounts could not be updated and keep the old version: ${first?.account}: ${first?.reason}`
  const remedy = `${remedyOfFailures(failed.map((one) => one.reason))}; ssofile tries these accounts again by itself, at least every hour`
  return { state: 'failed', accounts, reason, remedy }
}

/** Warnings about a changed file: permissions that it leaves alone, access that it takes away, and accounts that it does not reach. */
export function changeWarnings(
  { actual, wanted }: Pick<Comparison, 'actual' | 'wanted'>,
  { change }: OwnedPermissionSet,
  provisioned: ProvisioningResult | undefined,
): string[] {
  return [
    ...planWarnings(actual, wanted),
    ...(change?.takes === undefined ? [] : [`compared with the former version, the file ${change.takes}`]),
    ...unreachableWarnings(provisioned?.unreachable ?? []),
  ]
}

/** While accounts lack the begun change of a former file: they keep rights that it takes away. */
export function formerWarnings({ change }: OwnedPermissionSet): string[] {
  if (change?.provisioning === undefined) return []
  const { failed = [] } = change.provisioning
  const which = failed.length > 0 ? `${failed.length} accounts` : 'some accounts'
  return [
    `${which} may still have an older version of the permission set than the file of ${change.at} asked for; ssofile goes on to update them, whatever becomes of this file`,
  ]
}

function unreachableWarnings(unreachable: readonly AccountId[]): readonly string[] {
  if (unreachable.length === 0) return []
  const named = unreachable.slice(0, 10).join(', ')
  return [
    `${unreachable.length} accounts that are suspended, closed or not placed by Organizations keep the old version (${named}${unreachable.length > 10 ? ', …' : ''}); the next drift check updates reinstated accounts`,
  ]
}

/** The file is gone, but the permission set is not. */
export function describeBlocked(
  why: string,
  remedy = 'ssofile deletes it when the last one is gone; to keep it, upload the file again',
): ToldInput {
  return { state: 'blocked', reason: `the file is gone, but ${why}`, remedy }
}

export function describeRefusedDeletion(
  arn: PermissionSetArn,
  { code, message }: ServiceError,
  lack: Lack | undefined,
): ToldInput {
  const reason = `Identity Center refused to delete it: ${code}: ${message}`
  const remedy = 'remove the cause; ssofile tries again every hour'
  return { state: 'failed', permissionSetArn: arn, ...(lack ?? { reason, remedy }) }
}

/** The ended sessions that are not denied, and what a person can do about it. */
export function unmetDenials(sessions: OwnedPermissionSet['sessions']) {
  const { left = [], spoiled = [], refused } = sessions ?? {}
  const users = [...new Map(left.map(({ user, name }) => [user, `${quote(name)} (${user})`])).values()]
  const reasons = [
    ...(users.length > 0
      ? [`ssofile cannot deny ended sessions, because the inline policy has no room for them: ${listSome(users)}`]
      : []),
    ...(refused === undefined ? [] : [`ssofile cannot deny ended sessions: ${refused}`]),
    ...(spoiled.length > 0
      ? [`entries of control/ended-sessions.json are not valid and ignored: ${listSome(spoiled)}`]
      : []),
  ]
  const remedies = [
    ...(users.length > 0
      ? [
          'shorten the inline policy in the file, or use ssofile sessions end USER --everywhere; ssofile adds them when other denials end, within 12 hours (ssofile sessions)',
        ]
      : []),
    ...(refused === undefined ? [] : ['remove the cause; ssofile tries again by itself, at least every hour']),
    ...(spoiled.length > 0
      ? ['find out who wrote them, then run ssofile sessions end for this user and permission set to replace them']
      : []),
  ]
  return { reasons, remedies }
}

/** The file is in force, but needs a person anyway. */
export function withUnmetDenials(status: ToldInput, sessions: OwnedPermissionSet['sessions']): ToldInput {
  const { reasons, remedies } = unmetDenials(sessions)
  if (reasons.length === 0) return status
  if (status.state !== 'applied') return { ...status, warnings: [...(status.warnings ?? []), ...reasons] }
  return {
    ...status,
    state: 'failed',
    reason: `the file is in force, but ${reasons.join('; ')}`,
    remedy: remedies.join('; '),
  }
}

function listSome(texts: readonly string[]): string {
  const more = texts.length > 5 ? ` and ${texts.length - 5} more` : ''
  return texts.slice(0, 5).join(', ') + more
}

export function notOurs(name: PermissionSetName): Complaint {
  return {
    object: permissionSetKey(name),
    received: `a file for the permission set '${name}', which already exists and which ssofile did not create`,
    expected: 'the name of a new permission set, or of one that ssofile created or adopted',
    remedy: `to take it over, delete this file, run ssofile import --permission-sets ${name}, and change the file that it writes; otherwise use another name. Links can use the existing permission set without a file`,
  }
}
