import type { Link } from '../links/link.ts'
import type { AccountId } from '../organization/account-id.ts'
import type { PermissionSetDefinition } from '../permission-sets/permission-set-file.ts'
import type { PermissionSetArn } from '../principals/identity-center-ids.ts'
import type { PrincipalType } from '../principals/principal.ts'

/** An assignment as another tool knows it. */
export type WantedAssignment = {
  readonly accountId: AccountId
  /** Its name or its ARN. */
  readonly permissionSet: string
  /** Its name or its id. */
  readonly principal: string
  readonly type: PrincipalType
  /** Where it stands in the file, for messages. */
  readonly place: string
}

/** A permission set as another tool knows it. */
export type WantedPermissionSet = {
  readonly name: string
  /** Absent: the file knows its name only. */
  readonly arn?: PermissionSetArn
  /** What the tool thinks that it is. */
  readonly definition: PermissionSetDefinition
  readonly place: string
}

/** What an import shall take over, by a file of another tool: assignments, links that stand for some, permission sets. */
export type ImportSource = {
  readonly assignments: readonly WantedAssignment[]
  readonly links: readonly Link[]
  readonly permissionSets: readonly WantedPermissionSet[]
  /** What else the file has, and nobody reads: `2 aws_instance`. */
  readonly others?: readonly string[] | undefined
}
