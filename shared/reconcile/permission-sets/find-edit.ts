import { findContents } from '../../domain/brake/held-contents.ts'
import { contentsLimit, type Edit } from '../../domain/brake/judge-edit.ts'
import { isGrave, weighContents } from '../../domain/brake/weigh-contents.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { definitionOf } from '../../domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetDefinition, PermissionSetFile } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import { contentsDigest } from '../records/brake-file.ts'
import { isAccepted, type OwnedPermissionSet } from '../records/owned-permission-sets.ts'
import type { InputHead } from '../records/read-input.ts'

/** How far a permission set reaches. Counted only if needed, because it lists the whole ledger. */
export type ContentsReach = {
  readonly limits: Configuration['brake']
  /** Assignments of ours and of others, because both may lose access. */
  assignmentsOf(name: PermissionSetName): Promise<number>
  ledgerEntries(): Promise<number>
}

/** The change of a file that the brake must judge, with its digest. `undefined`: none. */
export async function findEdit(
  { file, object }: { readonly file: PermissionSetFile; readonly object: InputHead },
  { owned, actual }: { readonly owned: OwnedPermissionSet; readonly actual: PermissionSetDefinition },
  { limits, assignmentsOf, ledgerEntries }: ContentsReach,
): Promise<Edit | undefined> {
  if (isAccepted(owned, object)) return undefined
  const { givesAdministrator, ...weighed } = weighContents(actual, definitionOf(file))
  // A new permission set takes nothing away: nobody had it before.
  const change = { ...weighed, givesAdministrator: givesAdministrator && owned.applied !== undefined }
  if (!isGrave(change)) return undefined
  const assignments = await assignmentsOf(file.name)
  const finding = findContents(change, { assignments, limit: contentsLimit(await ledgerEntries(), limits) })
  const { etag, versionId, content = etag } = object
  const digest = contentsDigest({ name: file.name, content }, change)
  return finding && { rule: 'contents', cause: 'permission set', name: file.name, etag, versionId, digest, ...finding }
}

/** The present reach of permission sets. */
export function contentsReach({
  configuration,
  standings,
}: Pick<SettleContext, 'configuration' | 'standings'>): ContentsReach {
  return {
    limits: configuration.brake,
    assignmentsOf: async (permissionSet) => {
      const { ledger, foreign } = await standings.keysOf((grant) => grant.permissionSet === permissionSet)
      return ledger.length + foreign.length
    },
    ledgerEntries: async () => (await standings.keysOf(() => true)).ledger.length,
  }
}
