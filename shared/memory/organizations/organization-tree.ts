import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import { KeysByOwner } from '../keys-by-owner.ts'
import { AscendingKeys } from '../s3/ascending-keys.ts'
import type { OpenTable } from '../table.ts'
import type {
  AccountDetails,
  AccountRecord,
  OrganizationalUnitRecord,
  OrganizationRecord,
  Tags,
} from './organization-records.ts'
import { accountNotFound, notInUse, targetNotFound, unitNotFound } from './organizations-refusals.ts'

/** A root, and this many levels of organizational units below it. (Organizations User Guide, "Quotas".) */
export const depthMost = 5

/** The present organization: root, organizational units, accounts and their tags, in tables with indexes. */
export class OrganizationTree {
  readonly #organization: Map<string, OrganizationRecord>
  readonly #units: Map<string, OrganizationalUnitRecord>
  readonly #accounts: Map<string, AccountRecord>
  readonly #accountIds: AscendingKeys
  readonly #unitsByParent = new KeysByOwner()
  readonly #accountsByParent = new KeysByOwner()

  constructor(openTable: OpenTable) {
    this.#organization = openTable('organizations/organization')
    this.#units = openTable('organizations/units')
    this.#accounts = openTable('organizations/accounts')
    this.#accountIds = new AscendingKeys(this.#accounts.keys())
    for (const unit of this.#units.values()) this.#unitsByParent.add(unit.parentId, unit.id)
    for (const account of this.#accounts.values()) this.#accountsByParent.add(account.parentId, account.id)
  }

  found(organization: OrganizationRecord): void {
    this.#organization.set('organization', organization)
  }

  get isFounded(): boolean {
    return this.#organization.has('organization')
  }

  get organization(): OrganizationRecord {
    const organization = this.#organization.get('organization')
    if (organization === undefined) throw notInUse()
    return organization
  }

  /** Ascending. */
  get accountIds(): readonly string[] {
    return this.#accountIds.sorted()
  }

  get unitCount(): number {
    return this.#units.size
  }

  accounts(): Iterable<AccountRecord> {
    return this.#accounts.values()
  }

  findAccount(id: string): AccountRecord | undefined {
    return this.#accounts.get(id)
  }

  account(id: string): AccountRecord {
    const account = this.#accounts.get(id)
    if (account === undefined) throw accountNotFound()
    return account
  }

  putAccount(account: AccountRecord): void {
    const before = this.#accounts.get(account.id)
    if (before !== undefined) this.#accountsByParent.delete(before.parentId, account.id)
    this.#accounts.set(account.id, account)
    this.#accountIds.add(account.id)
    this.#accountsByParent.add(account.parentId, account.id)
  }

  removeAccount(id: AccountId): void {
    const { parentId } = this.account(id)
    this.#accounts.delete(id)
    this.#accountIds.delete(id)
    this.#accountsByParent.delete(parentId, id)
  }

  findUnit(id: string): OrganizationalUnitRecord | undefined {
    return this.#units.get(id)
  }

  unit(id: string): OrganizationalUnitRecord {
    const unit = this.#units.get(id)
    if (unit === undefined) throw unitNotFound()
    return unit
  }

  putUnit(unit: OrganizationalUnitRecord): void {
    this.#units.set(unit.id, unit)
    this.#unitsByParent.add(unit.parentId, unit.id)
  }

  removeUnit(id: string): void {
    const { parentId } = this.unit(id)
    this.#units.delete(id)
    this.#unitsByParent.delete(parentId, id)
  }

  isParent(id: string): boolean {
    return this.organization.rootId === id || this.#units.has(id)
  }

  /** Ids, ascending. */
  unitsOf(parentId: string): readonly string[] {
    return this.#unitsByParent.of(parentId)
  }

  /** Ids, ascending. */
  accountsOf(parentId: string): readonly string[] {
    return this.#accountsByParent.of(parentId)
  }

  /** From the root down to `parentId` itself. */
  parentsDownTo(parentId: string): readonly string[] {
    const unit = this.#units.get(parentId)
    return unit === undefined ? [parentId] : [...this.parentsDownTo(unit.parentId), parentId]
  }

  describe(id: string): Account {
    const { name, state, parentId, ...account } = this.account(id)
    return { id: account.id, name, state, parents: [...this.parentsDownTo(parentId)] }
  }

  details(id: string): AccountDetails {
    const { email, joinedMethod, joinedAt, parentId } = this.account(id)
    const path = `${[this.organization.id, ...this.parentsDownTo(parentId), id].join('/')}/`
    return { arn: this.arn('account', id), email, joinedMethod, joinedAt, path }
  }

  arn(kind: 'account' | 'ou' | 'root', id: string): string {
    const { managementAccountId, id: organizationId } = this.organization
    return `arn:aws:organizations::${managementAccountId}:${kind}/${organizationId}/${id}`
  }

  tags(resourceId: string): Tags {
    if (resourceId === this.organization.rootId) return this.organization.rootTags
    const resource = this.#accounts.get(resourceId) ?? this.#units.get(resourceId)
    if (resource === undefined) throw targetNotFound()
    return resource.tags
  }

  /** Answers the ARN of the tagged resource. */
  putTags(resourceId: string, tags: Tags): string {
    const account = this.#accounts.get(resourceId)
    const unit = this.#units.get(resourceId)
    if (account !== undefined) this.putAccount({ ...account, tags })
    else if (unit !== undefined) this.putUnit({ ...unit, tags })
    else if (resourceId === this.organization.rootId) this.found({ ...this.organization, rootTags: tags })
    else throw targetNotFound()
    return this.arn(account !== undefined ? 'account' : unit !== undefined ? 'ou' : 'root', resourceId)
  }
}
