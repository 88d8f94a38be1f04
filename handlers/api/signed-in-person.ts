import type { Access } from '../../shared/domain/deployment/api-access.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { isPermissionSetRole, permissionSetRolePath } from '../../shared/domain/permission-sets/permission-set-role.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { parsePersonSession } from '../../shared/domain/principals/person-session.ts'
import { nameInLinks, type PrincipalName } from '../../shared/domain/principals/principal.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { Suspensions } from '../../shared/reconcile/records/suspensions.ts'
import { type Bar, complainOfBar, findBar } from '../../shared/reconcile/requests/find-bar.ts'
import { type Answer, refuse } from './answer.ts'

/** A person whom IAM Identity Center signed in. `name`: as it stands in links, without `principalSuffix`. */
export type SignedIn = { readonly userId: PrincipalId; readonly name: PrincipalName }

type SignInSources = {
  readonly caller: ApiCaller
  /** Whom the session is of; the same for every route. */
  readonly seen?: SeenPerson | undefined
  /** The accounts whose sessions are accepted. Absent on a local system, where sessions cannot be forged: those of any account. */
  readonly access: Access | undefined
}

/** IAM cuts the name of a session there, so it may be the beginning of another user's. (STS API Reference, "AssumeRole".) */
const sessionNameMost = 64

/**
 * Who calls. API Gateway tells the name of a role without its path, and anybody who may make roles can make one of such a name:
 * so IAM is asked for the path, under which AWS alone makes roles. (IAM User Guide, "IAM identifiers".)
 */
export async function findSignedIn({ caller, seen, access }: SignInSources): Promise<SignedIn | Answer> {
  // The page looks its person up for each request.
  if (caller.person !== undefined) return caller.person
  const session = parsePersonSession(caller.arn)
  if (session === undefined)
    return refuse(
      403,
      `a request of ${caller.arn}`,
      'one of a person whom IAM Identity Center signed in (AWSReservedSSO_…)',
      'sign in with aws sso login, and send the request with those credentials',
    )
  const { account, role, userName } = session
  if (access !== undefined && !access.requestAccounts.includes(account))
    return refuse(
      403,
      `a request of a session in account ${account}`,
      'one in an account that the environment names',
      'sign in to such an account, or ask the platform team to add yours to "access.requestAccounts"',
    )
  const arn = caller.roleArn
  if (access !== undefined && (arn === undefined || !isPermissionSetRole(arn, account)))
    return refuse(
      403,
      `a session of the role ${role}, which IAM Identity Center did not make`,
      `a role of account ${account} under ${permissionSetRolePath}`,
      'sign in with aws sso login, and send the request with those credentials',
    )
  if (userName.length >= sessionNameMost)
    return refuse(
      403,
      `a session with a name of ${userName.length} characters`,
      `a name of at most ${sessionNameMost - 1}: AWS cuts longer ones`,
      'upload the request to the bucket instead (ssofile request), where your user id counts, not your name',
    )
  const { bar, userId, name } = seen ?? nobody
  if (bar === undefined && userId !== undefined && name !== undefined) return { userId, name }
  return refuseBar(userName, bar ?? { is: 'gone' })
}

/** The user whose session calls, as the directory has them now. `name`: as links name users; `undefined`: they cannot. */
export type SeenPerson = {
  readonly userId?: PrincipalId | undefined
  readonly name?: PrincipalName | undefined
  readonly bar?: Bar | undefined
}
const nobody: SeenPerson = { bar: { is: 'gone' } }

/**
 * Looks once at the person whose session calls, whatever the route. `undefined`: IAM alone judges, since the caller is no person's
 * session, or AWS may have cut the name.
 */
export async function lookAtPerson({
  caller,
  ports: { identityStore },
  known: { suspensions },
  configuration: { principalSuffix },
}: Pick<SignInSources, 'caller'> & {
  readonly ports: Pick<Ports, 'identityStore'>
  readonly known: { readonly suspensions: Pick<Suspensions, 'find'> }
  readonly configuration: Pick<Configuration, 'principalSuffix'>
}): Promise<SeenPerson | undefined> {
  const session = parsePersonSession(caller.arn)
  if (session === undefined || session.userName.length >= sessionNameMost) return undefined
  const userId = await identityStore.findPrincipalId('USER', session.userName)
  const user = userId && (await identityStore.findUser(userId))
  if (userId === undefined || user === undefined) return nobody
  const name = nameInLinks(session.userName, principalSuffix)
  const bar = await findBar(userId, { name, isDisabled: user.isDisabled === true }, suspensions)
  return { userId, name, bar }
}

export function refuseBar(userName: string, bar: Bar): Answer {
  const { received, expected, remedy } = complainOfBar(userName, bar)
  return refuse(403, received, expected, remedy)
}
