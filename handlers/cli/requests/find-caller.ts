import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import { type PrincipalId, principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { type PersonSession, parsePersonSession } from '../../../shared/domain/principals/person-session.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { Refusal } from '../arguments/refusal.ts'

/** The person who runs the command: their session, and their id in the identity store, under which their requests and approvals are. */
export type Caller = PersonSession & { readonly userId: PrincipalId }

type DirectoryPorts = Pick<Ports, 'identityStore' | 'clock' | 'randomness'>

/**
 * The user of these credentials. ssofile does not trust the result: S3 lets a session write only under its own user's id. Throws Refusal.
 */
export async function findCaller(
  ports: DirectoryPorts,
  environment: NodeJS.ProcessEnv = process.env,
  identity: () => Promise<string> = readCallerIdentity,
): Promise<Caller> {
  const arn = await identity()
  const session = parsePersonSession(arn)
  if (session === undefined)
    throw new Refusal(
      `received the credentials of ${arn}, expected a session of IAM Identity Center, which says who you are\nSign in as yourself: aws sso login, and AWS_PROFILE; on the local system: docs/local-system.md`,
    )
  return { ...session, userId: await findUserId(session, ports, environment) }
}

/** Only the management account and the delegated administrator may ask the identity store: elsewhere the user gives the id. */
async function findUserId(
  { userName, account }: PersonSession,
  ports: DirectoryPorts,
  { SSOFILE_USER_ID: given }: NodeJS.ProcessEnv,
): Promise<PrincipalId> {
  if (given !== undefined) return parseUserId(given)
  try {
    const found = await patientIdentityStore(ports).findPrincipalId('USER', userName)
    if (found !== undefined) return found
  } catch (error) {
    if (!isServiceError(error, 'AccessDenied', 'AccessDeniedException')) throw error
    throw new Refusal(
      `account ${account} may not ask the identity store for your user id: ${error.message}\nSet SSOFILE_USER_ID to the user id that IAM Identity Center shows for ${userName}`,
      { cause: error },
    )
  }
  throw new Refusal(`there is no user '${userName}' in the identity store (any more), so you cannot ask in this name`)
}

function parseUserId(text: string): PrincipalId {
  const id = principalId.safeParse(text)
  if (id.success) return id.data
  throw new Refusal(
    `SSOFILE_USER_ID is '${text}', expected the id of a user in the identity store, such as 92307020-41b6-05ce-951e-70dfe8931aa2`,
  )
}
