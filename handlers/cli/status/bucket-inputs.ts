import pLimit from 'p-limit'
import { membershipPrefix } from '../../../shared/domain/files/membership-file.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { listHeads, readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import type { InputFile } from '../folder/folder-inputs.ts'

/** The inputs in a bucket now, ascending by key within each prefix. */
export async function listBucketInputs(objects: ObjectStore): Promise<readonly InputFile[]> {
  const limit = pLimit(readsAtOnce)
  const files: InputFile[] = []
  for (const prefix of [linkPrefix, membershipPrefix, permissionSetPrefix]) {
    for (const { key, size, lastModified } of (await listHeads(objects, prefix)).values()) {
      const read = async (mostBytes: number): Promise<Uint8Array> => {
        if (size === 0 || size > mostBytes) return new Uint8Array()
        const found = await limit(() => objects.get(key, { mostBytes }))
        if (!found) throw new Error(`${key} was deleted in the meantime; run the command again`)
        return found.body
      }
      files.push({ key, sizeBytes: size, uploadedAt: lastModified, read })
    }
  }
  return files
}
