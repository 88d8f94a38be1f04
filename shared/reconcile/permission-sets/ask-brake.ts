import { type Admission, exempt } from '../../domain/brake/admission.ts'
import { describeContents, describeLoss, findContents } from '../../domain/brake/held-contents.ts'
import { contentsLimit, type Edit } from '../../domain/brake/judge-edit.ts'
import { isGrave, weighContents } from '../../domain/brake/weigh-contents.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { uploaderWithoutSession } from '../../domain/links/uploader-without-session.ts'
import { definitionOf } from '../../domain/permission-sets/permission-set-changes.ts'
import { type PermissionSetDefinition, permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { NewStatus } from '../../domain/statuses/status.ts'
import { contentsDigest } from '../brake/brake-file.ts'
import { recordPermissionSetHistory } from '../records/history.ts'
import { isAccepted, type OwnedPermissionSet, type StoredOwned } from '../records/owned-permission-sets.ts'
import { describeHold, type ReadFile } from './describe-permission-set.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'

/** How far a permission set reaches, counted only where it matters: the whole ledger is listed for it. */
export type ContentsReach = {
  readonly limits: Configuration['brake']
  /** Of ours and of others: either may lose what they need. */
  assignmentsOf(name: PermissionSetName): Promise<number>
  ledgerEntries(): Promise<number>
}

/** What the brake has to judge of a file, and its digest. `undefined`: nothing. */
export async function findEdit(
  { file, object }: ReadFile,
  { owned, actual }: { readonly owned: OwnedPermissionSet; readonly actual: PermissionSetDefinition },
  { limits, assignmentsOf, ledgerEntries }: ContentsReach,
): Promise<Edit['file'] | undefined> {
  if (isAccepted(owned, object)) return undefined
  const { givesAdministrator, ...weighed } = weighContents(actual, definitionOf(file))
  // One that is being made gives what it gives: nobody had it otherwise before.
  const change = { ...weighed, givesAdministrator: givesAdministrator && owned.applied !== undefined }
  if (!isGrave(change)) return undefined
  const assignments = await assignmentsOf(file.name)
  const finding = findContents(change, { assignments, limit: contentsLimit(await ledgerEntries(), limits) })
  const { etag, versionId, content = etag } = object
  const digest = contentsDigest({ name: file.name, content }, change)
  return finding && { rule: 'contents', cause: 'permission set', name: file.name, etag, versionId, digest, ...finding }
}

/** What became of it. `loss`: what the change takes away, for the status. */
type Asked =
  | { readonly outcome: 'passes'; readonly admission: Admission; readonly loss: string | undefined }
  | { readonly outcome: 'held'; readonly status: NewStatus }

/** Asks the brake before a permission set is changed. Where the file is held, nothing was changed. */
export async function askBrake(
  read: ReadFile,
  { owned, actual }: { readonly owned: StoredOwned; readonly actual: PermissionSetDefinition },
  { brake, standings, configuration, objects, statuses, log }: PermissionSetContext,
): Promise<Asked> {
  const { name } = read.file
  const file = await findEdit(
    read,
    { owned: owned.value, actual },
    {
      limits: configuration.brake,
      assignmentsOf: async (permissionSet) => {
        const { ledger, foreign } = await standings.keysOf((grant) => grant.permissionSet === permissionSet)
        return ledger.length + foreign.length
      },
      ledgerEntries: async () => (await standings.keysOf(() => true)).ledger.length,
    },
  )
  if (!file) return { outcome: 'passes', admission: exempt('nobody loses anything'), loss: undefined }
  const by = toldUploader(await statuses.read(permissionSetKey(name)), read.object)
  const admitted = await brake.admitContents({ file, uploader: uploaderWithoutSession(by) })
  if ('admission' in admitted) {
    if (admitted.isReleased)
      log.info('a file that the brake held is released', { permissionSet: name, digest: file.digest })
    return { outcome: 'passes', admission: admitted.admission, loss: describeLoss(file) }
  }
  const { arn } = owned.value
  const { digest, since, etag, versionId } = admitted
  const reason = describeContents(admitted)
  const body = { arn, etag, versionId, digest, reason, by }
  await recordPermissionSetHistory(objects, name, { event: 'held', at: since, body })
  return { outcome: 'held', status: describeHold(read, arn, reason, digest) }
}
