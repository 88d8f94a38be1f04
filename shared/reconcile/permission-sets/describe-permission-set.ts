import { renderAuthor } from '../../domain/by-hand/author.ts'
import { findExcess } from '../../domain/iam-policies/inline-policy.ts'
import { type Lack, remedyOfFailures } from '../../domain/links/lack.ts'
import type { PermissionSetChange } from '../../domain/permission-sets/permission-set-changes.ts'
import { type PermissionSetFile, permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import type { NewStatus } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ServiceError } from '../../ports/service-error.ts'
import type { OwnedPermissionSet } from '../records/owned-permission-sets.ts'
import type { InputHead } from '../records/read-input.ts'
import type { ProvisioningResult } from './provision-permission-set.ts'

/** A valid permission set file that was read. */
export type ReadFile = { readonly file: PermissionSetFile; readonly object: InputHead }

/** Which upload of the file a status speaks of. */
export function uploadOf({ etag, lastModified, versionId, content, rebind }: InputHead) {
  return { etag, lastModified: renderInstant(lastModified), versionId, content, rebind }
}

function statusOf({ file, object }: ReadFile, told: NewStatus, warnings: readonly string[] = []): NewStatus {
  const all = [...file.warnings, ...warnings]
  return { ...uploadOf(object), owner: file.owner, warnings: all.length > 0 ? all : undefined, ...told }
}

/** The file is in force. Where someone else's changes are only reported, that stands until they are gone. */
export function describeApplied(read: ReadFile, { arn, applied, drift }: OwnedPermissionSet): NewStatus {
  const common = { owned: true, permissionSetArn: arn }
  if (!drift) return statusOf(read, { ...common, state: 'applied' }, applied?.warnings)
  const { by, differences, isContested } = drift
  const who = by === undefined ? 'someone else' : `${renderAuthor(by)},`
  const reason = `${who} changed it in Identity Center; restoring it would: ${differences.join('; ')}`
  const why = isContested
    ? 'it was changed again as often as it was restored within an hour, so find out what changes it'
    : '"onDrift" is "report"'
  const remedy = `to restore it: ssofile touch, with the key of the file, and --rebind; or write the change into the file (${why})`
  return statusOf(read, { ...common, state: 'failed', reason, remedy }, applied?.warnings)
}

/** The definition is that of the file, but not in all accounts. */
export function describeProvisioning(
  read: ReadFile,
  { arn }: OwnedPermissionSet,
  provisioned: Exclude<ProvisioningResult, { outcome: 'done' }>,
  warnings: readonly string[],
): NewStatus {
  const { outcome, accounts } = provisioned
  const common = { permissionSetArn: arn, accounts }
  if (outcome === 'unfinished') return statusOf(read, { ...common, state: 'applying' }, warnings)
  const { failed, desired } = accounts
  const [first] = failed
  const reason = `it could not be brought to ${failed.length} of ${desired} accounts, which keep the version before: ${first?.account}: ${first?.reason}`
  const remedy = `${remedyOfFailures(failed.map((one) => one.reason))}; only these accounts are tried again by themselves, at least every hour`
  return statusOf(read, { ...common, state: 'failed', reason, remedy }, warnings)
}

/** `lack`: the one that explains the refusal. */
export function describeRefusal(read: ReadFile, error: ServiceError, lack: Lack | undefined): NewStatus {
  const reason = `Identity Center refused it: ${error.code}: ${error.message}`
  const remedy = 'remove the cause; it is tried again by itself, at least every hour'
  return statusOf(read, { state: 'failed', ...(lack ?? { reason, remedy }) })
}

/** The brake keeps it out of force. */
export function describeHold(
  read: ReadFile,
  arn: OwnedPermissionSet['arn'],
  reason: string,
  digest: string,
): NewStatus {
  const remedy = `if it is intended, release exactly this: ssofile brake --release ${digest}; otherwise upload the file as it should be. Until then the permission set stays as it is`
  return statusOf(read, { state: 'held', owned: true, permissionSetArn: arn, reason, remedy })
}

export function unreachableWarnings({ unreachable }: ProvisioningResult): readonly string[] {
  if (unreachable.length === 0) return []
  const named = unreachable.slice(0, 10).join(', ')
  return [
    `${unreachable.length} accounts that are suspended, closed or not placed by Organizations keep the version before (${named}${unreachable.length > 10 ? ', …' : ''}); those that are reinstated are brought up to date by the next drift check`,
  ]
}

/** The file's inline policy is valid, but too large beside the denial of sessions that were ended. `undefined`: it is not. */
export function describeExcess(
  read: ReadFile,
  { arn, sessions }: OwnedPermissionSet,
  changes: readonly PermissionSetChange[],
): NewStatus | undefined {
  const [excess] = changes.flatMap((change) => (change.kind === 'put-inline' ? (findExcess(change.policy) ?? []) : []))
  if (excess === undefined) return undefined
  const reason = `with the denial of sessions that were ended (${sessions?.denied.length ?? 0}), the inline policy would be ${excess}`
  const remedy =
    'shorten the inline policy, or wait: the denials go after 12 hours (ssofile sessions), and the file is tried again by itself. Until then the permission set stays as it is'
  return statusOf(read, { state: 'failed', owned: true, permissionSetArn: arn, reason, remedy })
}

/** What of ended sessions is not denied. A file that is in force needs a person all the same. */
export function withUnmetDenials(status: NewStatus, sessions: OwnedPermissionSet['sessions']): NewStatus {
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
  if (reasons.length === 0) return status
  if (status.state !== 'applied') return { ...status, warnings: [...(status.warnings ?? []), ...reasons] }
  const remedies = [
    ...(users.length > 0
      ? [
          'shorten the inline policy in the file, or use ssofile sessions end USER --everywhere; each gets room by itself when others go, which takes 12 hours (ssofile sessions)',
        ]
      : []),
    ...(refused === undefined ? [] : ['remove the cause; it is tried again by itself, at least every hour']),
    ...(spoiled.length > 0
      ? [
          'find out who wrote them; ssofile sessions end, for this user and permission set, writes a right one in their place',
        ]
      : []),
  ]
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

/** Someone else made the permission set of this file. */
export function notOurs(name: PermissionSetName): Complaint {
  return {
    object: permissionSetKey(name),
    received: `a file for the permission set '${name}', which exists already and was not created by ssofile`,
    expected: 'the name of a new permission set, or of one that ssofile created or adopted',
    remedy: `to take it over, delete this file and run: ssofile import --permission-sets ${name} (it writes the permission set as it is; then change that file); otherwise use another name. Links may use the existing one without a file`,
  }
}
