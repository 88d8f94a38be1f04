import type { Link } from '../../../domain/links/link.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'
import type { PermissionSetDefinition } from '../../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetArn, PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../../domain/principals/principal.ts'

/** An assignment in a file of another tool. */
export type WantedAssignment = {
  readonly accountId: AccountId
  /** Name or ARN. */
  readonly permissionSet: string
  /** Name or id. */
  readonly principal: string
  readonly type: PrincipalType
  /** The place in the file, for messages. */
  readonly place: string
}

/** A permission set in a file of another tool. */
export type WantedPermissionSet = {
  readonly name: string
  /** Absent: the file has only the name. */
  readonly arn?: PermissionSetArn
  /** The definition in the tool's file. */
  readonly definition: PermissionSetDefinition
  readonly place: string
}

/** A resource of Terraform: an account assignment, or a permission set or a part of it, such as the attachment of a policy. */
export type TerraformHolding = {
  readonly address: string
  /** A deposed object is forgotten together with its address. */
  readonly hasDeposed: boolean
  readonly permissionSetArn: PermissionSetArn
  /** Absent: the permission set, or a part of it. */
  readonly assignedTo?: {
    readonly accountId: AccountId
    readonly principalId: PrincipalId
    readonly principalType: PrincipalType
  }
}

/** The content of another tool's file that an import takes over: assignments, links that stand for some of them, permission sets. */
export type ImportSource = {
  readonly assignments: readonly WantedAssignment[]
  readonly links: readonly Link[]
  readonly permissionSets: readonly WantedPermissionSet[]
  /** What Terraform manages in Identity Center; only of its state. */
  readonly holdings?: readonly TerraformHolding[]
  /** Other content, which the import does not read: `2 aws_instance`. */
  readonly others?: readonly string[] | undefined
}
