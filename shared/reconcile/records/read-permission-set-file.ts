import { isAdministrator } from '../../domain/iam-policies/is-administrator.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { type PermissionSetFile, permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { Parsed } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { type InputHead, readParsedInput } from './read-input.ts'

export type PermissionSetReading = { readonly object: InputHead; readonly file: Parsed<PermissionSetFile> }

/** The file as it is now. `undefined`: there is none. A file that is too large is not read. A file that S3 does not return is invalid. */
export async function readPermissionSetFile(
  objects: ObjectStore,
  key: string,
): Promise<PermissionSetReading | undefined> {
  const found = await readParsedInput(objects, key, kinds.permissionSet)
  return found && { object: found.head, file: found.file }
}

/** Does not ask Identity Center. For a permission set without a valid file, its name decides, as on the page of access. */
export async function isAdministratorByFile(objects: ObjectStore, name: PermissionSetName): Promise<boolean> {
  const file = (await readPermissionSetFile(objects, permissionSetKey(name)))?.file
  return file?.ok ? isAdministrator(file.value) : /admin/i.test(name)
}
