import {
  type PermissionSetFile,
  parsePermissionSetFile,
  permissionSetFileMostBytes,
} from '../../domain/permission-sets/permission-set-file.ts'
import { type Parsed, refused } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { type InputHead, readInput } from './read-input.ts'

export type PermissionSetReading = { readonly object: InputHead; readonly file: Parsed<PermissionSetFile> }

/** The file as it is now. `undefined`: there is none. A file that is too large is not read. A file that S3 does not return is invalid. */
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
