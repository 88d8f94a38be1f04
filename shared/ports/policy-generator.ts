import type { PermissionSetRole } from './auditor.ts'
import type { Page } from './page.ts'

/** `accessRole`: what reads the trail, in the account of the principal. `token`: the same one makes no second job. */
export type GenerationRequest = {
  readonly principalArn: string
  readonly trailArn: string
  readonly accessRole: string
  readonly from: Date
  readonly to: Date
  readonly token: string
}

/** `isComplete`: all actions of the services that were found are in the policies. */
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
 * IAM Access Analyzer, as far as it makes policies of what CloudTrail recorded, in the account of the caller. It changes nothing but
 * its own jobs. Throws ServiceError (`iam`, `access-analyzer`).
 */
export interface PolicyGenerator {
  listPermissionSetRoles(nextToken?: string): Promise<Page<PermissionSetRole>>
  /**
   * Answers the id of a job. ServiceQuotaExceededException: another one goes on, or there were too many today.
   * AccessDeniedException: also where the caller may not pass the access role. ValidationException: an ARN or a time is wrong.
   */
  startPolicyGeneration(request: GenerationRequest): Promise<string>
  /** ValidationException: there is no such job in the account. */
  getGeneratedPolicy(jobId: string): Promise<PolicyGeneration>
}
