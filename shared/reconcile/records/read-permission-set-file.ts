import {
  type PermissionSetFile,
  parsePermissionSetFile,
  permissionSetFileMostBytes,
} from '../../domain/permission-sets/permission-set-file.ts'
import { type Parsed, refused } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { type InputHead, readInput } from './read-input.ts'

export type PermissionSetReading = { readonly object: InputHead; readonly file: Parsed<PermissionSetFile> }

/** The file as it is now; `undefined`: there is none. One too large to be valid is not read. One that S3 does not give is not valid. */
export async function readPermissionSetFile(
  objects: ObjectStore,
  key: string,
): Promise<PermissionSetReading | undefined> {
  const found = await readInput(objects, key, { mostBytes: permissionSetFileMostBytes })
  if (!found) return undefined
  if ('complaint' in found) return { object: found.head, file: refused(found.complaint) }
  const { body, ...object } = found
  return { object, file: parsePermissionSetFile(key, body, object.size) }
}
