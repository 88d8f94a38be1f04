import {
  type ApplicationArn,
  applicationArn,
  type EntitlementKey,
  nameRole,
  renderEntitlementKey,
  roleArn as roleArnSchema,
} from '../../domain/assignments/entitlement.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import type { AccountAccess, Entitlement, EntitlementFilter } from '../../ports/account-access.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Page } from '../../ports/page.ts'
import { CallGate, type CallObserver } from '../call-gate.ts'
import type { MemoryIdentityStore } from '../identity-store/memory-identity-store.ts'
import type { MemoryOrganizations } from '../organizations/memory-organizations.ts'
import { type PageRequest, sortedPage } from '../page-of.ts'
import { Refusal } from '../refusal.ts'
import { RollingSecond } from '../sso-admin/rolling-second.ts'
import { stableUuid } from '../stable-id.ts'
import { memoryTables, type OpenTable } from '../table.ts'

export type MemoryAccountAccessOptions = CallObserver & {
  readonly clock: Clock
  readonly openTable?: OpenTable
  readonly organizations: MemoryOrganizations
  readonly identityStore: MemoryIdentityStore
  /** Opt-in Regions, GovCloud and China lack the service. Default: offered. */
  readonly isOffered?: boolean | undefined
}

export type EntitlementRecord = Entitlement & { readonly id: string; readonly createdAt: Date }
export type ApplicationRecord = { readonly arn: ApplicationArn; readonly createdAt: Date }

// IAM User Guide, "Account access manager quotas": 20 calls a second over all operations, 20 groups a role.
const callsPerSecond = 20
const groupsMost = 20
const pageMost = 100

/**
 * A model of account access manager, in the Region and account of ssofile: one instance at most. Methods with the names of AWS's operations
 * are calls. AWS does not document what happens to entitlements of a deleted principal: here they stay listed, as assignments do. Deleting
 * an instance deletes its entitlements.
 */
export class MemoryAccountAccess implements AccountAccess {
  readonly #options: MemoryAccountAccessOptions
  readonly #applications: Map<string, ApplicationRecord>
  readonly #entitlements: Map<string, EntitlementRecord>
  readonly #gate: CallGate

  constructor(options: MemoryAccountAccessOptions) {
    const openTable = options.openTable ?? memoryTables
    this.#options = options
    this.#applications = openTable('account-access/applications')
    this.#entitlements = openTable('account-access/entitlements')
    const limiter = new RollingSecond(callsPerSecond)
    const tooFast = () => refuse('ThrottlingException', 'Rate exceeded')
    this.#gate = new CallGate({ ...options, limiterFor: () => limiter, tooFast })
  }

  async listApplications(): Promise<readonly ApplicationArn[] | undefined> {
    if (this.#options.isOffered === false) return undefined
    return this.applications().map(({ arn }) => arn)
  }

  async listEntitlements(
    application: ApplicationArn,
    filter: EntitlementFilter,
    nextToken?: string,
  ): Promise<Page<Entitlement>> {
    const { items, nextToken: next } = this.entitlements(application, filter, { nextToken, most: pageMost })
    return {
      items: items.map(({ accountId: account, roleArn, principalId, principalType }) => {
        return { accountId: account, roleArn, principalId, principalType }
      }),
      nextToken: next,
    }
  }

  applications(): readonly ApplicationRecord[] {
    this.#gate.enter('ListApplications')
    return [...this.#applications.values()]
  }

  /** ListEntitlements with all fields of its answer. */
  entitlements(
    application: ApplicationArn,
    { accountId: account, roleArn, principal }: EntitlementFilter,
    request: PageRequest,
  ): Page<EntitlementRecord> {
    this.#gate.enter('ListEntitlements')
    this.#checkApplication(application)
    if (account === undefined && roleArn === undefined && principal === undefined)
      throw refuse('ValidationException', 'At least one filter is required.')
    const found = [...this.#entitlements.values()].filter((one) => {
      const isPrincipal = principal?.principalId === one.principalId && principal.principalType === one.principalType
      if (account !== undefined && account !== one.accountId) return false
      if (roleArn !== undefined && roleArn !== one.roleArn) return false
      return principal === undefined || isPrincipal
    })
    const invalid = () => refuse('ValidationException', 'The provided nextToken is invalid.')
    return sortedPage(found, ({ id }) => id, request, invalid)
  }

  /** Answers the existing application, if any. */
  createApplication(region = 'us-east-1'): ApplicationArn {
    this.#gate.enter('CreateApplication')
    const [known] = this.#applications.values()
    if (known) return known.arn
    const account = this.#options.organizations.managementAccountIdNow
    const arn = applicationArn.parse(
      `arn:aws:account-access:${region}:${account}:application/aam-${stableUuid(account)}`,
    )
    this.#applications.set(arn, { arn, createdAt: this.#options.clock.now() })
    return arn
  }

  deleteApplication(application: ApplicationArn): void {
    this.#gate.enter('DeleteApplication')
    if (this.#applications.delete(application)) this.#entitlements.clear()
  }

  /** Answers the id of the existing entitlement, if any. */
  createEntitlement(
    application: ApplicationArn,
    given: Pick<Entitlement, 'roleArn' | 'principalId' | 'principalType'>,
  ): string {
    this.#gate.enter('CreateEntitlement')
    this.#checkApplication(application)
    const { organizations, identityStore, clock } = this.#options
    const { principalId, principalType } = given
    const account = accountId.parse(given.roleArn.split(':')[4])
    const roleArn = roleArnSchema.parse(given.roleArn)
    // Inferences: no report shows AWS's answer for a missing principal or account.
    if (!identityStore.hasPrincipal(principalType, principalId))
      throw refuse('ResourceNotFoundException', `The ${principalType} ${principalId} was not found.`)
    if (organizations.accountState(account) === undefined)
      throw refuse('ResourceNotFoundException', `The account ${account} was not found.`)
    const id = stableUuid(keyOf({ accountId: account, roleArn, principalId, principalType }))
    if (this.#entitlements.has(id)) return id
    const groups = [...this.#entitlements.values()].filter(
      (one) => one.roleArn === roleArn && one.principalType === 'GROUP',
    )
    if (principalType === 'GROUP' && groups.length >= groupsMost)
      throw refuse('ServiceQuotaExceededException', `A role can have at most ${groupsMost} groups.`)
    this.#entitlements.set(id, { id, accountId: account, roleArn, principalId, principalType, createdAt: clock.now() })
    return id
  }

  /** Deleting a missing entitlement is no error. */
  deleteEntitlement(application: ApplicationArn, id: string): void {
    this.#gate.enter('DeleteEntitlement')
    this.#checkApplication(application)
    this.#entitlements.delete(id)
  }

  #checkApplication(application: ApplicationArn): void {
    if (!this.#applications.has(application))
      throw refuse('ResourceNotFoundException', `The application ${application} was not found.`)
  }
}

function keyOf({ accountId: account, roleArn, principalId, principalType: type }: Entitlement): EntitlementKey {
  return renderEntitlementKey({ accountId: account, permissionSet: nameRole(roleArn), principalId, type })
}

function refuse(code: string, message: string): Refusal {
  return new Refusal('account-access', code, message)
}
