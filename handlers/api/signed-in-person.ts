import type { Access } from '../../shared/domain/deployment/api-access.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import { isPermissionSetRole, permissionSetRolePath } from '../../shared/domain/permission-sets/permission-set-role.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { type Bar, complainOfBar } from '../../shared/domain/principals/judge-actor.ts'
import { isCutName, parsePersonSession, sessionNameMost } from '../../shared/domain/principals/person-session.ts'
import type { PrincipalName } from '../../shared/domain/principals/principal.ts'
import type { Actor } from '../../shared/reconcile/directory/find-actor.ts'
import { type Answer, refuse } from './answer.ts'

/** A person who signed in by IAM Identity Center. `name`: as in links, without `principalSuffix`. */
export type SignedIn = { readonly userId: PrincipalId; readonly name: PrincipalName }

type SignInSources = {
  readonly caller: ApiCaller
  /** The person of the session; the same for every route. */
  readonly seen?: Actor | undefined
  /**
   * The accounts whose sessions the API accepts. If absent, it accepts sessions of any account: a local system makes all sessions itself.
   */
  readonly access: Access | undefined
}

/**
 * The caller. API Gateway tells the name of a role without its path, and anybody who may create roles can create one with such a name. So
 * this asks IAM for the path: only AWS creates roles under it. (IAM User Guide, "IAM identifiers".)
 */
export async function findSignedIn({ caller, seen, access }: SignInSources): Promise<SignedIn | Answer> {
  // The page finds its person for each request.
  if (caller.person !== undefined) return caller.person
  const session = parsePersonSession(caller.arn)
  if (session === undefined)
    return refuse(
      403,
      `a request of ${caller.arn}`,
      'a request of a person with a session of IAM Identity Center (AWSReservedSSO_…)',
      'sign in with aws sso login, and send the request with those credentials',
    )
  const { account, role, userName } = session
  if (access !== undefined && !access.requestAccounts.includes(account))
    return refuse(
      403,
      `a request of a session in account ${account}`,
      'a session in an account that the environment names',
      'sign in to such an account, or ask the platform team to add yours to "access.requestAccounts"',
    )
  const arn = caller.roleArn
  if (access !== undefined && (arn === undefined || !isPermissionSetRole(arn, account)))
    return refuse(
      403,
      `a session of the role ${role}, which IAM Identity Center did not create`,
      `a role of account ${account} under ${permissionSetRolePath}`,
      'sign in with aws sso login, and send the request with those credentials',
    )
  if (isCutName(userName)) return refuseCutName(userName)
  const { userId, name } = seen ?? {}
  return userId && name ? { userId, name } : refuseBar(userName, { is: 'gone' })
}

/** Nobody knows who the person is, so the person may be suspended. */
export function refuseCutName(userName: PrincipalName): Answer {
  return refuse(
    403,
    `a session with a name of ${userName.length} characters`,
    `a name of at most ${sessionNameMost}: AWS cuts longer ones, so ssofile does not know who you are`,
    'upload to the bucket instead; ssofile request, approve and review decide use your user id instead of your name',
  )
}

export function refuseBar(userName: string, bar: Bar): Answer {
  const { received, expected, remedy } = complainOfBar(userName, bar)
  return refuse(403, received, expected, remedy)
}
