import { CreateAccountAssignmentCommand, DeleteAccountAssignmentCommand } from '@aws-sdk/client-sso-admin'
import type { LocalSystem } from './local-system.ts'

export type ByHand = {
  readonly account: string
  readonly permissionSet: string
  readonly type: 'GROUP' | 'USER'
  readonly principal: string
}

/** What an administrator does in the console, or with the AWS CLI (by-hand.test.ts). As `silent`: its event is lost. */
export async function assignByHand(
  system: LocalSystem,
  operation: 'create' | 'delete',
  { account, permissionSet, type, principal }: ByHand,
  as: string,
): Promise<void> {
  const assignment = {
    InstanceArn: await system.access.instanceArn(),
    PermissionSetArn: await system.access.permissionSetArn(permissionSet),
    TargetId: account,
    TargetType: 'AWS_ACCOUNT',
    PrincipalType: type,
    PrincipalId: await (type === 'GROUP' ? system.groupId(principal) : system.userId(principal)),
  } as const
  const client = system.ssoAdminOf(as)
  if (operation === 'create') await client.send(new CreateAccountAssignmentCommand(assignment))
  else await client.send(new DeleteAccountAssignmentCommand(assignment))
}
