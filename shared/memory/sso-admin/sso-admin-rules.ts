import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import type { MemoryOrganizations } from '../organizations/memory-organizations.ts'
import { conflict, conflictingOperation, denied, notFound, overQuota } from './sso-admin-refusals.ts'
import type { SsoAdminState } from './sso-admin-state.ts'

/** The caller. A delegated administrator is refused for the management account. */
export type SsoAdminCaller = 'management' | 'delegated-administrator'
/** The answer to a delegated administrator who lists the assignments of a principal. */
export type PrincipalListing = 'refused' | 'permitted'

// Source: IAM Identity Center User Guide, "Quotas and limits in IAM Identity Center".
const groupsMost = 100
export const permissionSetsPerAccountMost = 500

/** The immediate refusals of SSO Admin, before there is a request. Every method throws, or all is well. */
export class SsoAdminRules {
  readonly #state: SsoAdminState
  readonly #organizations: MemoryOrganizations
  readonly #caller: () => SsoAdminCaller
  readonly #principalListing: PrincipalListing

  constructor(
    state: SsoAdminState,
    organizations: MemoryOrganizations,
    {
      caller,
      principalListing,
    }: { readonly caller: () => SsoAdminCaller; readonly principalListing: PrincipalListing },
  ) {
    this.#state = state
    this.#organizations = organizations
    this.#caller = caller
    this.#principalListing = principalListing
  }

  checkTarget(operation: string, { accountId: id, permissionSetArn: arn }: AssignmentTarget): void {
    this.#state.definitions.get(arn)
    this.refuseManagementAccount(operation, arn, id)
    // An inference: no report shows AWS's answer for an account outside the organization.
    if (this.#organizations.accountState(id) === undefined) throw notFound(`Could not find AWS account with id ${id}`)
    const isBusy =
      this.#state.assignmentRequests.inProgress().some(({ target }) => target.accountId === id) ||
      this.#state.provisionings
        .inProgress()
        .some((one) => one.accountId === id || (one.permissionSetArn === arn && one.accountIds.includes(id)))
    if (isBusy) throw conflictingOperation()
  }

  checkAssignmentQuotas(target: AssignmentTarget): void {
    const { accountId: id, permissionSetArn: arn, principalType } = target
    const { provisioned } = this.#state
    if (provisioned.holds(target)) return
    const there = provisioned.get(id, arn)
    const groups = there?.principals.filter((principal) => principal.principalType === 'GROUP').length ?? 0
    if (principalType === 'GROUP' && groups >= groupsMost)
      throw overQuota(`You have exceeded the limit of ${groupsMost} groups for a permission set in an AWS account.`)
    if (there === undefined && provisioned.countInAccount(id) >= permissionSetsPerAccountMost) {
      throw overQuota(
        `You have exceeded the limit of ${permissionSetsPerAccountMost} permission sets in an AWS account.`,
      )
    }
  }

  /** (IAM Identity Center User Guide, "Delegated administration".) */
  refuseManagementAccount(operation: string, arn: PermissionSetArn, id?: AccountId): void {
    if (this.#caller() !== 'delegated-administrator') return
    const managementAccountId = this.#organizations.managementAccountIdNow
    if (id === managementAccountId) throw denied(operation, `arn:aws:sso:::account/${id}`)
    if (this.#state.provisioned.get(managementAccountId, arn) !== undefined) throw denied(operation, arn)
  }

  /** "This operation must be called from the management account." (API Reference, ListAccountAssignmentsForPrincipal.) */
  refusePrincipalListing(): void {
    if (this.#caller() === 'delegated-administrator' && this.#principalListing === 'refused')
      throw denied('ListAccountAssignmentsForPrincipal', 'arn:aws:sso:::instance/*')
  }

  /** A permission set can be deleted only if no account has it and no request names it, including deletions in progress. */
  refuseInUse(arn: PermissionSetArn): void {
    const isInUse =
      [...this.#state.provisioned.ofPermissionSet(arn)].length > 0 ||
      this.#state.assignmentRequests.inProgress().some(({ target }) => target.permissionSetArn === arn) ||
      this.#state.provisionings.inProgress().some((one) => one.permissionSetArn === arn)
    if (!isInUse) return
    throw conflict(`PermissionSet with id ${arn.split('/').at(-1)} has ApplicationProfile associated with it.`)
  }

  /** One provisioning per permission set and one role update per account at a time. */
  refuseBusyProvisioning(arn: PermissionSetArn, id?: AccountId): void {
    const running = this.#state.provisionings.inProgress()
    const isBusy =
      running.some((one) => one.permissionSetArn === arn) ||
      (id !== undefined &&
        (running.some((one) => one.accountId === id) ||
          this.#state.assignmentRequests.inProgress().some(({ target }) => target.accountId === id)))
    if (isBusy) throw conflictingOperation()
  }
}
