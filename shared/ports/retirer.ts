import type { IamUserName } from '../domain/files/retire-file.ts'
import type { AccountId } from '../domain/organization/account-id.ts'
import type { AuditedAccount } from './auditor.ts'

/** The IAM of one account, through the role there that retires credentials. Throws ServiceError (`iam`). */
export interface RetiringAccount extends Pick<AuditedAccount, 'listAccessKeys' | 'accessKeyLastUsed'> {
  /** The present name of the user who has this key: GetAccessKeyLastUsed. `undefined`: IAM does not say. */
  userOfKey(keyId: string): Promise<IamUserName | undefined>
  /** GetUser. NoSuchEntity: there is no such user. `passwordLastUsedAt` absent: IAM knows of no use. */
  user(userName: IamUserName): Promise<{ readonly madeAt: Date; readonly passwordLastUsedAt?: Date | undefined }>
  /** GetLoginProfile. NoSuchEntity: the user has no password, or there is no such user. */
  password(userName: IamUserName): Promise<{ readonly madeAt: Date }>
  /** NoSuchEntity: the user has no such key. A repeated call is no error. */
  updateAccessKey(userName: IamUserName, keyId: string, isActive: boolean): Promise<void>
  /** Deletes active keys too. NoSuchEntity: the user has no such key. */
  deleteAccessKey(userName: IamUserName, keyId: string): Promise<void>
  /** DeleteLoginProfile. NoSuchEntity: there is no password. EntityTemporarilyUnmodifiable: the password is very new. */
  deletePassword(userName: IamUserName): Promise<void>
  /** DeleteConflict: it still has a password, keys, groups, policies or other credentials. */
  deleteUser(userName: IamUserName): Promise<void>
}

/** Roles in the organization's accounts that may make keys inactive, and delete keys, passwords and empty users. */
export interface Retirer {
  /** Assumes the role of this name. Throws ServiceError (`sts`): AccessDenied also if there is no such role. */
  enter(account: AccountId, roleName: string): Promise<RetiringAccount>
}
