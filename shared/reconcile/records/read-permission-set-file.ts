import type { Parsed } from '../../domain/complaint.ts'
import {
  type PermissionSetFile,
  parsePermissionSetFile,
  permissionSetFileMostBytes,
} from '../../domain/permission-set-file.ts'
import type { FoundObject, ObjectStore } from '../../ports/object-store.ts'

export type PermissionSetReading = { readonly object: FoundObject; readonly file: Parsed<PermissionSetFile> }

/** The file as it is now; `undefined`: there is none. One too large to be valid is not read. */
export async function readPermissionSetFile(
  objects: ObjectStore,
  key: string,
): Promise<PermissionSetReading | undefined> {
  const found = await objects.get(key, { mostBytes: permissionSetFileMostBytes })
  if (!found) return undefined
  const { body, ...object } = found
  return { object, file: parsePermissionSetFile(key, body, object.size) }
}
