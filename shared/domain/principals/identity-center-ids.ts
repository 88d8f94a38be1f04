import * as z from 'zod'

/** Source: IAM Identity Center API Reference, "PermissionSet", in any partition. */
export const permissionSetArn = z
  .string()
  .regex(/^arn:[a-z0-9-]+:sso:::permissionSet\/(sso)?ins-[a-zA-Z0-9-.]{16}\/ps-[a-zA-Z0-9-./]{16}$/)
  .brand<'PermissionSetArn'>()
export type PermissionSetArn = z.infer<typeof permissionSetArn>

/** The id of a group or user in the identity store: a UUID, in older directories with ten hexadecimal digits before it. */
export const principalId = z
  .string()
  .regex(/^([0-9a-f]{10}-)?[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$/)
  .brand<'PrincipalId'>()
export type PrincipalId = z.infer<typeof principalId>
