import pLimit from 'p-limit'
import { isFolderMarker, linkPrefix } from '../../shared/domain/link.ts'
import { permissionSetPrefix } from '../../shared/domain/permission-set-file.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import type { InputFile } from './folder-inputs.ts'

const readsAtOnce = 32

/** The inputs that lie in a bucket now, ascending by key within each prefix. */
export async function listBucketInputs(objects: ObjectStore): Promise<readonly InputFile[]> {
  const limit = pLimit(readsAtOnce)
  const files: InputFile[] = []
  for (const prefix of [linkPrefix, permissionSetPrefix]) {
    for await (const { key, size } of objects.list(prefix)) {
      if (isFolderMarker(key)) continue
      const read = async (mostBytes: number): Promise<Uint8Array> => {
        if (size === 0 || size > mostBytes) return new Uint8Array()
        const found = await limit(() => objects.get(key, { mostBytes }))
        if (!found) throw new Error(`${key} was deleted meanwhile; look again`)
        return found.body
      }
      files.push({ key, sizeBytes: size, read })
    }
  }
  return files
}
