import type { AccountId } from '../domain/organization/account-id.ts'
import type { CustomerManagedPolicy } from '../domain/permission-sets/permission-set-file.ts'
import type { Page } from './page.ts'

/** A role that Identity Center has made for a permission set: `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`. */
export type PermissionSetRole = { readonly arn: string; readonly name: string; readonly createdAt: Date }

/** One page of what IAM found, once it has. No service of the page was used: `lastUsedAt` is absent. */
export type LastAccessedPage =
  | { readonly status: 'IN_PROGRESS' }
  | { readonly status: 'FAILED'; readonly reason: string }
  | { readonly status: 'COMPLETED'; readonly lastUsedAt?: Date | undefined; readonly nextToken?: string | undefined }

/** The IAM of one account, through the auditor's role there. Throws ServiceError (`iam`). */
export interface AuditedAccount {
  listPermissionSetRoles(nextToken?: string): Promise<Page<PermissionSetRole>>
  /** Answers the id of a job. NoSuchEntity: there is no such role. */
  generateServiceLastAccessedDetails(roleArn: string): Promise<string>
  /** When anything was last called with the role: GetRole. Absent: never, as far back as IAM keeps it. */
  roleLastUsedAt(roleName: string): Promise<Date | undefined>
  /** Only services are told that the role may use now. NoSuchEntity: there is no such job of this session. */
  getServiceLastAccessedDetails(jobId: string, nextToken?: string): Promise<LastAccessedPage>
  /**
   * The default version of a managed policy, which is the one in force: GetPolicy and GetPolicyVersion. One that AWS manages by
   * its ARN, one of the account by name and path. NoSuchEntity: there is none.
   */
  policyDocument(policy: string | CustomerManagedPolicy): Promise<string>
}

/** Roles in the accounts of the organization that may read when others were used, and what managed policies say. */
export interface Auditor {
  /** AssumeRole of the role of this name. Throws ServiceError (`sts`): AccessDenied also where there is no such role. */
  enter(account: AccountId, roleName: string): Promise<AuditedAccount>
}
