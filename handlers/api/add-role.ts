import { type Access, asksPathOf, principalsOf, roleNameOf } from '../../shared/domain/deployment/api-access.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import { parsePersonSession } from '../../shared/domain/principals/person-session.ts'
import type { OwnRoles } from '../../shared/ports/own-roles.ts'

type RoleSources = {
  /** Absent: a local system's, where sessions cannot be forged. */
  readonly access: Access | undefined
  /** Of the account in which the API is, the only one whose callers API Gateway lets in. */
  readonly roles: OwnRoles | undefined
}

/**
 * The caller with the ARN of its role, where only that tells who it is: for people whom Identity Center signed in, and where
 * the environment names roles by the beginning of their name. API Gateway tells the name of a role without its path, and anybody
 * who may make roles can make one of a fitting name: so IAM is asked for the path. (IAM User Guide, "IAM identifiers".)
 */
export async function addRole(caller: ApiCaller, { access, roles }: RoleSources): Promise<ApiCaller> {
  const name = roleNameOf(caller)
  if (access === undefined || roles === undefined || name === undefined) return caller
  const isAsked =
    parsePersonSession(caller.arn) !== undefined || principalsOf(access).some((one) => asksPathOf(name, one))
  return isAsked ? { ...caller, roleArn: await roles.arnOf(name) } : caller
}
