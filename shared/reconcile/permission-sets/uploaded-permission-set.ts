import { kinds } from '../../domain/inputs/kinds.ts'
import { describeUpload, isSameUpload } from '../../domain/links/upload.ts'
import { permissionSetHint } from '../../domain/messages/hint.ts'
import type { PermissionSetFile } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { rejection } from '../../domain/statuses/status.ts'
import type { Description, Input } from '../inputs/controller.ts'
import { type UploadTypes, uploadController } from '../inputs/upload-controller.ts'
import { uploadOf } from './describe-permission-set.ts'

type UploadInput = Input<UploadTypes<PermissionSetName, PermissionSetFile>>

/** The file of a permission set, when it is uploaded or deleted: `permissionSetController` does the rest, in the dispatcher. */
export const uploadedPermissionSetController = uploadController<PermissionSetName, PermissionSetFile>(
  'permission set file',
  kinds.permissionSet,
  (input) => {
    const { key, name, file, told, isRepeated } = input
    // An invalid file changes nothing. But if the former one is held, the dispatcher removes it from the brake.
    const isMoot = isRepeated || (file.is === 'invalid' && told?.state !== 'held')
    const wakes = { why: 'the dispatcher applies it', hints: [permissionSetHint(name, key)] }
    return { told: describeUploaded(input), wakes: isMoot ? undefined : wakes }
  },
)

function describeUploaded({ file, head, told, by }: UploadInput): Description['told'] {
  // Only the dispatcher knows what is left of a deleted file's permission set. A rejected file left nothing.
  if (head === undefined) return told && told.state !== 'rejected' ? { ...told, by: by ?? told.by } : undefined
  const version = describeUpload(told, uploadOf(head))
  if (file.is === 'invalid') return { ...version, ...rejection(file.complaint) }
  // The status of the same content stays until the dispatcher changes it.
  if (told && isSameUpload(told, head)) return { ...told, ...version, by }
  return { ...version, state: 'applying' }
}
