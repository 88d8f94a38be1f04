import * as z from 'zod'

/** Source: IAM Identity Center API Reference, "CreatePermissionSet", Name. */
export const permissionSetName = z
  .string()
  .regex(/^[\w+=,.@-]{1,32}$/)
  .brand<'PermissionSetName'>()
export type PermissionSetName = z.infer<typeof permissionSetName>
