import { type IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { permissionSetRolePath } from '../domain/permission-sets/permission-set-role.ts'
import type { PermissionSetRole } from '../ports/auditor.ts'
import type { Page } from '../ports/page.ts'
import { iamAnswer, itemsMost } from './iam-answers.ts'

/** A page of the roles that Identity Center made in an account. (IAM API Reference, "ListRoles".) */
export async function listPermissionSetRoles(iam: IAMClient, nextToken?: string): Promise<Page<PermissionSetRole>> {
  const input = { PathPrefix: permissionSetRolePath, Marker: nextToken, MaxItems: itemsMost }
  const { Roles = [], Marker } = await iamAnswer(iam.send(new ListRolesCommand(input)))
  const items = Roles.flatMap(({ Arn: arn, RoleName: name, CreateDate: createdAt }) =>
    arn === undefined || name === undefined || createdAt === undefined ? [] : [{ arn, name, createdAt }],
  )
  return { items, nextToken: Marker }
}
