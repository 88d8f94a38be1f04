import type { NewAccess, PolicyFinding } from '../domain/iam-policies/access-check.ts'
import type { Page } from './page.ts'

/**
 * IAM Access Analyzer, as far as it judges policies that nobody has uploaded yet. It changes nothing, and needs no analyzer. Throws
 * ServiceError (`access-analyzer`): AccessDeniedException, ThrottlingException, ValidationException, InternalServerException.
 */
export interface PolicyChecker {
  /** What is wrong with an identity policy. It is free. */
  validatePolicy(document: string, nextToken?: string): Promise<Page<PolicyFinding>>
  /**
   * Whether an identity policy allows what the one before did not. Each call costs. InvalidParameterException: one of them is no
   * policy. UnprocessableEntityException: AWS cannot compare them.
   */
  checkNoNewAccess(before: string, after: string): Promise<NewAccess>
}
