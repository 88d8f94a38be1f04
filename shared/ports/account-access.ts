import type { ApplicationArn, RoleArn } from '../domain/assignments/entitlement.ts'
import type { AccountId } from '../domain/organization/account-id.ts'
import type { Page } from './page.ts'
import type { Principal } from './sso-admin.ts'

/** A group or user may assume an existing IAM role through the access portal. */
export type Entitlement = Principal & { readonly accountId: AccountId; readonly roleArn: RoleArn }

/** Every given field must fit. A filter without any field is refused. */
export type EntitlementFilter = Partial<Pick<Entitlement, 'accountId' | 'roleArn'>> & {
  readonly principal?: Principal | undefined
}

/**
 * The calls of account access manager that ssofile uses, read only. Throws ServiceError with AWS's codes: ThrottlingException,
 * AccessDeniedException, ResourceNotFoundException, ValidationException, InternalServerException.
 */
export interface AccountAccess {
  /** All its instances in the caller's account. Empty: nobody uses it here. `undefined`: the Region does not offer the service. */
  listApplications(): Promise<readonly ApplicationArn[] | undefined>
  listEntitlements(
    application: ApplicationArn,
    filter: EntitlementFilter,
    nextToken?: string,
  ): Promise<Page<Entitlement>>
}
