import type { AccountPasswordPolicy, KeyFacts, RoleFacts } from '../domain/account-facts/credential-facts.ts'
import type { UnusedAccessFinding } from '../domain/account-facts/unused-access.ts'
import type { ServiceUse } from '../domain/iam-policies/set-usage.ts'
import type { AccountId } from '../domain/organization/account-id.ts'
import type { CustomerManagedPolicy } from '../domain/permission-sets/permission-set-file.ts'
import type { Page } from './page.ts'

/** A role that Identity Center made for a permission set: `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`. */
export type PermissionSetRole = { readonly arn: string; readonly name: string; readonly createdAt: Date }

/** `SERVICE_LEVEL`: without actions. */
export type UseGranularity = 'SERVICE_LEVEL' | 'ACTION_LEVEL'

/** The state of a job of IAM. Once the job is done: one page of its answer. */
export type LastAccessedPage =
  | { readonly status: 'IN_PROGRESS' }
  | { readonly status: 'FAILED'; readonly reason: string }
  | { readonly status: 'COMPLETED'; readonly services: readonly ServiceUse[]; readonly nextToken?: string | undefined }

/** The IAM of one account, through the auditor's role there. Throws ServiceError (`iam`, unless a method names another service). */
export interface AuditedAccount {
  listPermissionSetRoles(nextToken?: string): Promise<Page<PermissionSetRole>>
  /** Returns the id of a job. NoSuchEntity: there is no such role. */
  generateServiceLastAccessedDetails(roleArn: string, granularity?: UseGranularity): Promise<string>
  /** The last call with the role, by GetRole. Absent: none, in the period that IAM remembers. */
  roleLastUsedAt(roleName: string): Promise<Date | undefined>
  /** The last uses of services, only of those that the role may use now. NoSuchEntity: this session has no such job. */
  getServiceLastAccessedDetails(jobId: string, nextToken?: string): Promise<LastAccessedPage>
  /**
   * The default version of a managed policy, which is the one in force: GetPolicy and GetPolicyVersion. Name an AWS managed policy by its
   * ARN, a policy of the account by name and path. NoSuchEntity: there is none.
   */
  policyDocument(policy: string | CustomerManagedPolicy): Promise<string>
  /** Starts a credential report. If one is less than four hours old, the answer is COMPLETE. */
  generateCredentialReport(): Promise<'STARTED' | 'INPROGRESS' | 'COMPLETE'>
  /** ReportNotPresent, ReportInProgress, ReportExpired: start a new one. */
  credentialReport(): Promise<{ readonly madeAt: Date; readonly content: string }>
  /** All keys, inactive ones too. NoSuchEntity: there is no such user. */
  listAccessKeys(userName: string, nextToken?: string): Promise<Page<AccessKey>>
  accessKeyLastUsed(keyId: string): Promise<KeyUse>
  /** Every role of the account: GetAccountAuthorizationDetails. No other listing has trust policies and last uses. */
  listRoles(nextToken?: string): Promise<Page<AuditedRole>>
  /** `undefined`: the account has none of its own. */
  passwordPolicy(): Promise<AccountPasswordPolicy | undefined>
  /** Whether the root user has a password, by GetAccountSummary. `undefined`: IAM does not say. */
  hasRootPassword(): Promise<boolean | undefined>
  /**
   * Whether root credentials of the organization's accounts are managed centrally: ListOrganizationsFeatures.
   * AccountNotManagementOrDelegatedAdministrator: this account does not know.
   */
  hasCentralRootCredentials(): Promise<boolean>
  /** All active analyzers in ssofile's Region and in Security Hub's. Throws ServiceError (`access-analyzer`). */
  unusedAccessAnalyzers(): Promise<readonly Analyzer[]>
  /** The active findings of one analyzer about one account. ResourceNotFoundException: there is no such analyzer. */
  unusedAccessFindings(analyzerArn: string, of: AccountId, nextToken?: string): Promise<Page<UnusedAccessFinding>>
}

export type AccessKey = Pick<KeyFacts, 'id' | 'isActive' | 'madeAt'>
export type KeyUse = Pick<KeyFacts, 'lastUsedAt' | 'service' | 'region'>
/** An analyzer of unused access. */
export type Analyzer = { readonly arn: string; readonly isOfOrganization: boolean }
export type AuditedRole = Omit<RoleFacts, 'isBreakGlass'>

/** Roles in the organization's accounts that may read the last use of other roles, and the content of managed policies. */
export interface Auditor {
  /** Assumes the role of this name. Throws ServiceError (`sts`): AccessDenied also if there is no such role. */
  enter(account: AccountId, roleName: string): Promise<AuditedAccount>
}
