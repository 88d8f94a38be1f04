import type { AccountId } from '../domain/account-id.ts'
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
}

/** Roles in the accounts of the organization that may read when others were used. */
export interface Auditor {
  /** AssumeRole of the role of this name. Throws ServiceError (`sts`): AccessDenied also where there is no such role. */
  enter(account: AccountId, roleName: string): Promise<AuditedAccount>
}
