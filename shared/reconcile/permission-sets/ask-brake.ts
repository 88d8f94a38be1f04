import { contentsLimit } from '../../domain/brake.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { type ContentsFinding, describeContents, judgeContents } from '../../domain/held-contents.ts'
import { definitionOf } from '../../domain/permission-set-changes.ts'
import { type PermissionSetDefinition, permissionSetKey } from '../../domain/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import type { NewStatus } from '../../domain/status.ts'
import { isGrave, weighContents } from '../../domain/weigh-contents.ts'
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

/** What a file would do that the brake does not let pass without a release, and its digest. `undefined`: it passes. */
export async function findContentsHold(
  { file, object }: ReadFile,
  { owned, actual }: { readonly owned: OwnedPermissionSet; readonly actual: PermissionSetDefinition },
  { limits, assignmentsOf, ledgerEntries }: ContentsReach,
): Promise<(ContentsFinding & { readonly digest: string }) | undefined> {
  if (isAccepted(owned, object)) return undefined
  const { givesAdministrator, ...weighed } = weighContents(actual, definitionOf(file))
  // One that is being made gives what it gives: nobody had it otherwise before.
  const change = { ...weighed, givesAdministrator: givesAdministrator && owned.applied !== undefined }
  if (!isGrave(change)) return undefined
  const assignments = await assignmentsOf(file.name)
  if (assignments === 0) return undefined
  const finding = judgeContents(change, { assignments, limit: contentsLimit(await ledgerEntries(), limits) })
  const content = object.content ?? object.etag
  return finding && { ...finding, digest: contentsDigest({ name: file.name, content }, change) }
}

/** Asks the brake before a permission set is changed. The status of the file where it is held: nothing was changed then. */
export async function askBrake(
  read: ReadFile,
  { owned, actual }: { readonly owned: StoredOwned; readonly actual: PermissionSetDefinition },
  { brake, standings, configuration, objects, statuses, log }: PermissionSetContext,
): Promise<NewStatus | undefined> {
  const { name } = read.file
  const found = await findContentsHold(
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
  if (!found) return undefined
  const { etag, versionId } = read.object
  const held = { rule: 'contents', cause: 'permission set', name, etag, versionId, ...found } as const
  const admitted = await brake.admitContents(held)
  if (admitted === 'passes') {
    log.info('a file that the brake held is released', { permissionSet: name, digest: found.digest })
    return undefined
  }
  const { arn } = owned.value
  const { digest, since } = admitted
  const reason = describeContents(admitted)
  const by = (await statuses.read(permissionSetKey(name)))?.by
  const body = { arn, etag, versionId, digest, reason, by }
  await recordPermissionSetHistory(objects, name, { event: 'held', at: since, body })
  return describeHold(read, arn, reason, digest)
}
