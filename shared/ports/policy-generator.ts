import type { PermissionSetRole } from './auditor.ts'
import type { Page } from './page.ts'

/** `accessRole`: the role that reads the trail, in the account of the principal. `token`: AWS starts only one job for the same token. */
export type GenerationRequest = {
  readonly principalArn: string
  readonly trailArn: string
  readonly accessRole: string
  readonly from: Date
  readonly to: Date
  readonly token: string
}

/** `isComplete`: the policies have all actions of the services that AWS found. */
export type GeneratedPolicies = {
  readonly principalArn: string
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  readonly isComplete: boolean
  /** JSON texts. */
  readonly policies: readonly string[]
}

export type PolicyGeneration =
  | { readonly status: 'IN_PROGRESS' }
  | { readonly status: 'CANCELED' }
  /** `code`: "AUTHORIZATION_ERROR | RESOURCE_NOT_FOUND_ERROR | SERVICE_QUOTA_EXCEEDED_ERROR | SERVICE_ERROR". (IAM Access Analyzer API Reference, "JobError".) */
  | { readonly status: 'FAILED'; readonly code: string; readonly message: string }
  | ({ readonly status: 'SUCCEEDED' } & GeneratedPolicies)

/**
 * The calls of IAM Access Analyzer that generate policies from CloudTrail's records, in the caller's account. They change nothing but their
 * own jobs. Throws ServiceError (`iam`, `access-analyzer`).
 */
export interface PolicyGenerator {
  listPermissionSetRoles(nextToken?: string): Promise<Page<PermissionSetRole>>
  /**
   * Returns the id of a job. ServiceQuotaExceededException: another job runs, or there were too many today. AccessDeniedException: also if
   * the caller may not pass the access role. ValidationException: an ARN or a time is wrong.
   */
  startPolicyGeneration(request: GenerationRequest): Promise<string>
  /** ValidationException: there is no such job in the account. */
  getGeneratedPolicy(jobId: string): Promise<PolicyGeneration>
}
