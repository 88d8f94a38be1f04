import {
  type PermissionSetName,
  permissionSetName,
} from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from './refusal.ts'

/** Throws Refusal if no permission set can have this name. */
export function parsePermissionSet(text: string): PermissionSetName {
  const name = permissionSetName.safeParse(text)
  if (name.success) return name.data
  throw new Refusal(
    `received the permission set '${quote(text)}', expected a name of 1 to 32 letters, digits or _ + = , . @ -`,
  )
}
