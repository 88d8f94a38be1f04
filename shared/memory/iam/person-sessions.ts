import type { AccountId } from '../../domain/organization/account-id.ts'
import { parseSessionDuration } from '../../domain/permission-sets/session-duration.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Randomness } from '../../ports/randomness.ts'
import type { MemoryIdentityStore } from '../identity-store/memory-identity-store.ts'
import type { MemorySsoAdmin } from '../sso-admin/memory-sso-admin.ts'
import type { OpenTable } from '../table.ts'

/** Credentials that Identity Center gave a person for the role of a permission set in an account. */
export type PersonSession = {
  readonly accessKeyId: string
  readonly userId: PrincipalId
  readonly userName: string
  readonly account: AccountId
  /** Absent: there is no permission set, as for `speakFor`. */
  readonly permissionSetArn?: PermissionSetArn | undefined
  readonly roleName: string
  /** A whole second, as `aws:TokenIssueTime` has it. */
  readonly issuedAt: Date
  readonly expiresAt: Date
}

export type SessionRequest = {
  readonly user: string
  readonly permissionSet: string
  readonly account: AccountId
}

export type PersonSessionsOptions = {
  /** The machine's clock, like S3's: sessions' instants are compared with S3's. */
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable: OpenTable
  readonly ssoAdmin: MemorySsoAdmin
  readonly identityStore: MemoryIdentityStore
}

const roleOfPage = 'AWSReservedSSO_page-of-requests_0000000000000000'
const longestSessionMinutes = 12 * 60

/**
 * The sessions that people get from the access portal and `aws sso login`. A session outlives its access, until it expires or its role is
 * gone. (IAM Identity Center User Guide, "Set session duration for AWS accounts".)
 */
export class PersonSessions {
  readonly #options: PersonSessionsOptions
  readonly #sessions: Map<string, PersonSession>

  constructor(options: PersonSessionsOptions) {
    this.#options = options
    this.#sessions = options.openTable('iam/person-sessions')
  }

  /** `undefined`: this user does not have this access in this account now, neither directly nor through a group. */
  issue({ user, permissionSet, account }: SessionRequest): PersonSession | undefined {
    const { ssoAdmin, identityStore } = this.#options
    const userId = identityStore.idOf('USER', user)
    const definition = ssoAdmin.definitionNow(permissionSet)
    const roleName = definition && ssoAdmin.roleName(account, definition.arn)
    if (userId === undefined || definition === undefined || roleName === undefined) return undefined
    const { arn: permissionSetArn, sessionDuration } = definition
    const has = (principalType: PrincipalType, principalId: PrincipalId) =>
      ssoAdmin.isAssigned({ accountId: account, permissionSetArn, principalType, principalId })
    if (!has('USER', userId) && !identityStore.groupIdsOf(userId).some((id) => has('GROUP', id))) return undefined
    return this.#begin(
      { userId, userName: user, account, permissionSetArn, roleName },
      parseSessionDuration(sessionDuration),
    )
  }

  /**
   * A session of any user, even without access, so of a role without a permission set: for the page of the local system, where the
   * developer chooses a user. AWS has nothing like it. `undefined`: the user does not exist.
   */
  speakFor(user: string, account: AccountId): PersonSession | undefined {
    const userId = this.#options.identityStore.idOf('USER', user)
    return userId && this.#begin({ userId, userName: user, account, roleName: roleOfPage }, longestSessionMinutes)
  }

  #begin(
    of: Pick<PersonSession, 'userId' | 'userName' | 'account' | 'permissionSetArn' | 'roleName'>,
    minutes = 60,
  ): PersonSession {
    const { clock, randomness } = this.#options
    const issuedMs = Math.floor(clock.now().getTime() / 1000) * 1000
    const session = {
      ...of,
      accessKeyId: `ASIA${randomness.id().replaceAll('-', '').slice(0, 16).toUpperCase()}`,
      issuedAt: new Date(issuedMs),
      expiresAt: new Date(issuedMs + minutes * 60_000),
    }
    this.#sessions.set(session.accessKeyId, session)
    return session
  }

  /** The session of an access key id; `undefined`: it belongs to no person's session. Expired sessions are known too. */
  of(accessKeyId: string | undefined): PersonSession | undefined {
    return accessKeyId === undefined ? undefined : this.#sessions.get(accessKeyId)
  }

  /** `gone`: its role no longer exists, or is another one of the same name. */
  stateOf({ account, permissionSetArn, roleName, expiresAt }: PersonSession): 'valid' | 'expired' | 'gone' {
    if (expiresAt <= this.#options.clock.now()) return 'expired'
    if (permissionSetArn === undefined) return 'valid'
    return this.#options.ssoAdmin.roleName(account, permissionSetArn) === roleName ? 'valid' : 'gone'
  }

  /** The inline policy of its role at the last provisioning. */
  policyOf({ account, permissionSetArn }: PersonSession): string | undefined {
    return permissionSetArn && this.#options.ssoAdmin.provisionedInlinePolicy(account, permissionSetArn)
  }
}

/** The ARN as GetCallerIdentity answers it. */
export function arnOfSession({ account, roleName, userName }: PersonSession): string {
  return `arn:aws:sts::${account}:assumed-role/${roleName}/${userName}`
}

/** The author's id as S3 shows it behind `AWS:`, and GetCallerIdentity as `UserId`. (IAM User Guide, "IAM identifiers".) */
export function principalIdOf({ roleName, userName }: PersonSession): string {
  return `AROA${roleName.slice(-16).toUpperCase()}:${userName}`
}
