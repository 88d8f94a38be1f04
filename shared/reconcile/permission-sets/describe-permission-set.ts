import { renderAuthor } from '../../domain/by-hand/author.ts'
import { type Lack, remedyOfFailures } from '../../domain/links/lack.ts'
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
export function uploadOf({ etag, lastModified, versionId, content, rebind }: InputHead) {
  return { etag, lastModified: renderInstant(lastModified), versionId, content, rebind }
}

/** The file is in force. If someone else's changes are only reported, the status names them until they are gone. */
export function describeApplied({ arn, drift }: OwnedPermissionSet): ToldInput {
  const common = { owned: true, permissionSetArn: arn }
  if (!drift) return { ...common, state: 'applied' }
  const { by, differences, isContested } = drift
  const who = by === undefined ? 'someone else' : `${renderAuthor(by)},`
  const reason = `${who} changed it in Identity Center; restoring it would: ${differences.join('; ')}`
  const why = isContested
    ? 'it was changed again as often as it was restored within an hour, so find out what changes it'
    : '"onDrift" is "report"'
  const remedy = `to restore it: ssofile touch, with the key of the file, and --rebind; or write the change into the file (${why})`
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
      const remedy = `if it is intended, release exactly this: ssofile brake --release ${digest}; otherwise upload the file as it should be. Until then the permission set stays as it is`
      return { state: 'held', owned: true, permissionSetArn: arn, reason, remedy }
    }
    case 'too large': {
      const reason = `with the denial of sessions that were ended (${entry?.sessions?.denied.length ?? 0}), the inline policy would be ${obstacle.excess}`
      const remedy =
        'shorten the inline policy, or wait: the denials go after 12 hours (ssofile sessions), and the file is tried again by itself. Until then the permission set stays as it is'
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
  const reason = `it could not be brought to ${failed.length} of ${desired} accounts, which keep the version before: ${first?.account}: ${first?.reason}`
  const remedy = `${remedyOfFailures(failed.map((one) => one.reason))}; only these accounts are tried again by themselves, at least every hour`
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
    ...(change?.takes === undefined ? [] : [`compared with what was in force before, the file ${change.takes}`]),
    ...unreachableWarnings(provisioned?.unreachable ?? []),
  ]
}

function unreachableWarnings(unreachable: readonly AccountId[]): readonly string[] {
  if (unreachable.length === 0) return []
  const named = unreachable.slice(0, 10).join(', ')
  return [
    `${unreachable.length} accounts that are suspended, closed or not placed by Organizations keep the version before (${named}${unreachable.length > 10 ? ', …' : ''}); those that are reinstated are brought up to date by the next drift check`,
  ]
}

/** The file is gone, but the permission set is not. */
export function describeBlocked(
  why: string,
  remedy = 'it is deleted by itself when the last one is gone; upload the file again to keep it',
): ToldInput {
  return { state: 'blocked', reason: `the file is gone, but ${why}`, remedy }
}

export function describeRefusedDeletion(
  arn: PermissionSetArn,
  { code, message }: ServiceError,
  lack: Lack | undefined,
): ToldInput {
  const reason = `Identity Center refused to delete it: ${code}: ${message}`
  const remedy = 'remove the cause; it is tried again every hour'
  return { state: 'failed', permissionSetArn: arn, ...(lack ?? { reason, remedy }) }
}

/** The ended sessions that are not denied, and what a person can do about it. */
export function unmetDenials(sessions: OwnedPermissionSet['sessions']) {
  const { left = [], spoiled = [], refused } = sessions ?? {}
  const users = [...new Map(left.map(({ user, name }) => [user, `${quote(name)} (${user})`])).values()]
  const reasons = [
    ...(users.length > 0
      ? [`sessions that were ended are not denied, since the inline policy has no room for more: ${listSome(users)}`]
      : []),
    ...(refused === undefined ? [] : [`sessions that were ended are not denied: ${refused}`]),
    ...(spoiled.length > 0
      ? [`entries of control/ended-sessions.json are spoiled and count for nothing: ${listSome(spoiled)}`]
      : []),
  ]
  const remedies = [
    ...(users.length > 0
      ? [
          'shorten the inline policy in the file, or use ssofile sessions end USER --everywhere; each gets room by itself when others go, which takes 12 hours (ssofile sessions)',
        ]
      : []),
    ...(refused === undefined ? [] : ['remove the cause; ssofile tries again by itself, at least every hour']),
    ...(spoiled.length > 0
      ? [
          'find out who wrote them; ssofile sessions end, for this user and permission set, writes a right one in their place',
        ]
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
    received: `a file for the permission set '${name}', which exists already and was not created by ssofile`,
    expected: 'the name of a new permission set, or of one that ssofile created or adopted',
    remedy: `to take it over, delete this file and run: ssofile import --permission-sets ${name} (it writes the permission set as it is; then change that file); otherwise use another name. Links may use the existing one without a file`,
  }
}
