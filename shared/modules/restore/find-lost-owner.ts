import type { ObjectVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Owner, owner, ownerRecord, readOwner } from '../../reconcile/records/owner.ts'
import { readSaved } from './read-saved.ts'

/** `lost`: the owner of a bucket whose record is gone. `since`: when it was deleted. */
export type FoundOwner =
  | { readonly is: 'there' }
  | { readonly is: 'lost'; readonly owner: Owner; readonly since: Date | undefined }
  | { readonly is: 'unknown' }

/**
 * Finds the owner of the bucket. Without a version of the record: this instance, if it has the permission sets in history; then
 * the bucket has no deployment until one claims it. Reads only.
 */
export async function findLostOwner(
  { objects, ssoAdmin }: Pick<Ports, 'objects' | 'ssoAdmin'>,
  versions: ObjectVersions,
  at: Date | undefined,
  arns: readonly string[],
): Promise<FoundOwner> {
  if (await readOwner(objects)) return { is: 'there' }
  const instance = await ssoAdmin.instance()
  for await (const kept of versions.list(ownerRecord.at)) {
    const saved = kept.key === ownerRecord.at ? await readSaved(versions, kept, owner, at) : undefined
    if (saved?.instanceArn === instance.instanceArn) return { is: 'lost', owner: saved, since: kept.deletedAt }
  }
  const [name = ''] = instance.instanceArn.split('/').slice(-1)
  if (arns.length > 0 && arns.every((arn) => arn.includes(`/${name}/`)))
    return { is: 'lost', owner: { v: 1, ...instance }, since: undefined }
  return { is: 'unknown' }
}
