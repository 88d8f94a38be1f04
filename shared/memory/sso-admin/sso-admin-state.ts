import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Randomness } from '../../ports/randomness.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import type { MemoryIdentityStore } from '../identity-store/memory-identity-store.ts'
import type { MemoryOrganizations } from '../organizations/memory-organizations.ts'
import type { OpenTable } from '../table.ts'
import { AsynchronousRequests, compareDue, type RequestOrder, type RequestOutcome } from './asynchronous-requests.ts'
import { ListedPermissionSets, type ReadLagMs } from './listed-permission-sets.ts'
import { type PermissionSetDefinition, PermissionSetDefinitions } from './permission-set-definitions.ts'
import { newRole, ProvisionedPermissionSets } from './provisioned-permission-sets.ts'
import type { AssignmentRequestRecord, ProvisioningRecord } from './sso-admin-records.ts'

/**
 * The result of deleting an assignment whose user or group is gone. Field reports show both: it succeeds, or it is FAILED with "assignee …
 * was not found"; then the assignment may be gone all the same.
 */
export type GonePrincipalDeletion = 'succeeds' | 'fails' | 'fails-yet-removes'

type SsoAdminStateOptions = {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable: OpenTable
  readonly identityStore: MemoryIdentityStore
  readonly organizations: MemoryOrganizations
  readonly gonePrincipalDeletion: GonePrincipalDeletion
  readonly readLagMs?: ReadLagMs | undefined
  /** How long finished requests are remembered. */
  readonly retentionMs: number
  /** The order of listed requests. */
  readonly requestOrder: RequestOrder
}

/** The state behind SSO Admin; it completes requests when they are due. */
export class SsoAdminState {
  readonly definitions: PermissionSetDefinitions
  readonly provisioned: ProvisionedPermissionSets
  readonly listed: ListedPermissionSets
  readonly assignmentRequests: AsynchronousRequests<AssignmentRequestRecord>
  readonly provisionings: AsynchronousRequests<ProvisioningRecord>
  readonly policies: AccountPolicies
  readonly #options: SsoAdminStateOptions

  constructor(options: SsoAdminStateOptions) {
    const { openTable, identityStore, organizations, requestOrder } = options
    this.#options = options
    this.definitions = new PermissionSetDefinitions(openTable('sso-admin/permission-sets'))
    this.provisioned = new ProvisionedPermissionSets(openTable('sso-admin/provisioned'))
    this.listed = new ListedPermissionSets(this.provisioned, options)
    this.assignmentRequests = new AsynchronousRequests(openTable('sso-admin/assignment-requests'), requestOrder)
    this.provisionings = new AsynchronousRequests(openTable('sso-admin/provisionings'), requestOrder)
    this.policies = new AccountPolicies(openTable('sso-admin/missing-policies'))
    identityStore.onBeforeChange(() => this.settle())
    organizations.observe({
      beforeChange: (at) => this.#settleUntil(at),
      accountLeft: (accountId) => this.#forgetAccount(accountId),
    })
  }

  /** Carries out due requests, in the order of their instants, and forgets old ones. */
  settle(): void {
    const now = this.#options.clock.now()
    // Accounts that close or disappear meanwhile complete the requests that were due before them.
    this.#options.organizations.settle()
    this.#settleUntil(now)
    const oldest = new Date(now.getTime() - this.#options.retentionMs)
    this.assignmentRequests.forgetBefore(oldest)
    this.provisionings.forgetBefore(oldest)
  }

  nextDueAt(): Date | undefined {
    return this.#nextDue()?.dueAt
  }

  #nextDue(): AssignmentRequestRecord | ProvisioningRecord | undefined {
    const assignment = this.assignmentRequests.nextDue()
    const provisioning = this.provisionings.nextDue()
    if (assignment === undefined || provisioning === undefined) return assignment ?? provisioning
    return compareDue(assignment, provisioning) < 0 ? assignment : provisioning
  }

  #settleUntil(instant: Date): void {
    for (let next = this.#nextDue(); next !== undefined && next.dueAt <= instant; next = this.#nextDue()) {
      if (next.kind === 'provisioning') this.provisionings.finish(next, this.#provision(next))
      else if (next.kind === 'creation') this.assignmentRequests.finish(next, this.#create(next))
      else this.assignmentRequests.finish(next, this.#delete(next))
    }
  }

  #create({ target, dueAt }: AssignmentRequestRecord): RequestOutcome {
    const { accountId, permissionSetArn, principalId, principalType } = target
    const { identityStore, organizations, randomness } = this.#options
    const unreachable = unreachableAccount(accountId, organizations.accountState(accountId))
    if (unreachable !== undefined) return unreachable
    if (!identityStore.hasPrincipal(principalType, principalId))
      return noSuchPrincipal(target, identityStore.identityStoreId)
    const definition = this.definitions.get(permissionSetArn)
    const outcome = provisioningOutcome(accountId, definition, this.policies)
    if (outcome.state === 'SUCCEEDED') {
      const role = newRole(randomness, dueAt)
      this.listed.lagBehind(target, dueAt, target)
      this.provisioned.assign(target, definition, role)
    }
    return outcome
  }

  #delete({ target, dueAt }: AssignmentRequestRecord): RequestOutcome {
    const { identityStore, organizations, gonePrincipalDeletion } = this.#options
    const { accountId, principalId, principalType } = target
    const unreachable = unreachableAccount(accountId, organizations.accountState(accountId))
    if (unreachable !== undefined) return unreachable
    if (!this.provisioned.holds(target)) return noSuchAssignment()
    const isGone = !identityStore.hasPrincipal(principalType, principalId)
    if (isGone && gonePrincipalDeletion === 'fails') return noSuchPrincipal(target, identityStore.identityStoreId)
    this.listed.lagBehind(target, dueAt, target)
    this.provisioned.unassign(target)
    return isGone && gonePrincipalDeletion === 'fails-yet-removes'
      ? noSuchPrincipal(target, identityStore.identityStoreId)
      : succeeded
  }

  /** Tries every account; the request reports the first failure. */
  #provision({ permissionSetArn, accountIds, dueAt }: ProvisioningRecord): RequestOutcome {
    const definition = this.definitions.get(permissionSetArn)
    const outcomes = accountIds.map((accountId): RequestOutcome => {
      const unreachable = unreachableAccount(accountId, this.#options.organizations.accountState(accountId))
      if (unreachable !== undefined) return unreachable
      if (this.provisioned.get(accountId, permissionSetArn) === undefined) return notProvisionedThere(accountId)
      const outcome = provisioningOutcome(accountId, definition, this.policies)
      if (outcome.state === 'SUCCEEDED') {
        this.listed.lagBehind({ accountId, permissionSetArn }, dueAt)
        this.provisioned.update(accountId, permissionSetArn, definition)
      }
      return outcome
    })
    return outcomes.find(({ state }) => state === 'FAILED') ?? succeeded
  }

  /** Identity Center cleans up after an account that left. (User Guide, "Manage access to AWS accounts".) */
  #forgetAccount(accountId: AccountId): void {
    for (const { permissionSetArn } of this.provisioned.inAccount(accountId))
      this.provisioned.remove(accountId, permissionSetArn)
    this.listed.forgetAccount(accountId)
  }
}

const succeeded: RequestOutcome = { state: 'SUCCEEDED' }

// Failure reasons as observed in the field (GitHub issues of the Terraform AWS provider).
function failed(failureReason: string): RequestOutcome {
  return { state: 'FAILED', failureReason }
}

function noSuchAssignment(): RequestOutcome {
  return failed("Received a 404 status error: EntitlementItem doesn't exist with the given entitlement key.")
}

function noSuchPrincipal(target: AssignmentTarget, identityStoreId: string): RequestOutcome {
  const { principalType, principalId } = target
  return failed(
    `Received a 404 status error: the ${principalType} assignee ${principalId} was not found in directory ${identityStoreId}.`,
  )
}

function notProvisionedThere(accountId: AccountId): RequestOutcome {
  return failed(`Received a 404 status error: Permission set provision not found in AWS account ${accountId}.`)
}

/** `undefined`: the account accepts changes. A closing account still does; a suspended or closed one does not. */
function unreachableAccount(accountId: AccountId, state: Account['state'] | undefined): RequestOutcome | undefined {
  if (state === 'ACTIVE' || state === 'PENDING_CLOSURE') return undefined
  return failed(
    'AWS SSO is unable to complete your request at this time. ' +
      `Obtaining permissions to manage your AWS account '${accountId}' takes longer than usual.`,
  )
}

/** Whether the account can create a role from the definition. */
function provisioningOutcome(
  accountId: AccountId,
  definition: PermissionSetDefinition,
  policies: AccountPolicies,
): RequestOutcome {
  const missing = policies.firstMissing(accountId, definition)
  return missing === undefined ? succeeded : failed(`Received a 404 status error: Not supported policy ${missing}.`)
}

/** Customer managed policies missing in accounts. By default every policy exists in every account. */
class AccountPolicies {
  readonly #missing: Map<string, readonly string[]>

  /** `missing`: names by account id. */
  constructor(missing: Map<string, readonly string[]>) {
    this.#missing = missing
  }

  remove(accountId: AccountId, name: string): void {
    this.#missing.set(accountId, [...(this.#missing.get(accountId) ?? []), name])
  }

  restore(accountId: AccountId, name: string): void {
    this.#missing.set(
      accountId,
      (this.#missing.get(accountId) ?? []).filter((one) => one !== name),
    )
  }

  /** The first policy that the permission set references and this account lacks. */
  firstMissing(accountId: AccountId, definition: PermissionSetDefinition): string | undefined {
    const missing = this.#missing.get(accountId) ?? []
    const { customerManagedPolicies, permissionsBoundary: boundary } = definition
    const names = customerManagedPolicies.map(({ Name }) => Name)
    if (boundary !== undefined && 'CustomerManagedPolicyReference' in boundary)
      names.push(boundary.CustomerManagedPolicyReference.Name)
    return names.find((name) => missing.includes(name))
  }
}
