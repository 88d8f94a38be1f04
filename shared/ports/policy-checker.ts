import type { NewAccess, PolicyFinding } from '../domain/iam-policies/access-check.ts'
import type { Page } from './page.ts'

/**
 * The calls of IAM Access Analyzer that judge policies before anybody uploads them. They change nothing, and need no analyzer. Throws
 * ServiceError (`access-analyzer`): AccessDeniedException, ThrottlingException, ValidationException, InternalServerException.
 */
export interface PolicyChecker {
  /** Finds faults in an identity policy. Free of charge. */
  validatePolicy(document: string, nextToken?: string): Promise<Page<PolicyFinding>>
  /**
   * Whether an identity policy allows something that the earlier one did not. Each call costs money. InvalidParameterException: one of them
   * is not a policy. UnprocessableEntityException: AWS cannot compare them.
   */
  checkNoNewAccess(before: string, after: string): Promise<NewAccess>
}
