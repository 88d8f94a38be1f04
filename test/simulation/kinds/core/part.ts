import { AccessPromise } from '../../oracle/access.ts'
import { PermissionSetsPromise } from '../../oracle/permission-sets.ts'
import type { Part } from '../part.ts'
import { linkFiles } from './link-files.ts'
import { permissionSetFiles } from './permission-set-files.ts'

export const core = {
  kinds: {
    link: { files: linkFiles, oracle: AccessPromise },
    permissionSet: { files: permissionSetFiles, oracle: PermissionSetsPromise },
  },
} as const satisfies Part
