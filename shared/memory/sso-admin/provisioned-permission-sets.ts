import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Randomness } from '../../ports/randomness.ts'
import type { AssignmentTarget, Principal } from '../../ports/sso-admin.ts'
import { KeysByOwner } from '../keys-by-owner.ts'
import { firstAfter } from '../page-of.ts'
import type { PermissionSetDefinition } from './permission-set-definitions.ts'

/** A permission set in one account: a role there, and the principals who may use it. */
export type ProvisionedPermissionSet = {
  readonly accountId: AccountId
  readonly permissionSetArn: PermissionSetArn
  /** The version of the definition behind the role. */
  readonly version: number
  /** The inline policy of that version. */
  readonly inlinePolicy?: string | undefined
  /** The role is `AWSReservedSSO_<name>_<suffix>`; a removed role comes back with another suffix. */
  readonly roleSuffix: string
  readonly roleMadeAt: Date
  readonly principals: readonly Principal[]
}

/** The source of a role. */
type RoleDefinition = Pick<PermissionSetDefinition, 'version' | 'inlinePolicy'>
type NewRole = { readonly suffix: string; readonly madeAt: Date }

/** A role by its name, which identifies the account and the permission set while the role exists. */
export type ReservedRole = {
  readonly name: string
  readonly permissionSet: string
  readonly madeAt: Date
  /** Policies from the present definition. An account that is not provisioned again yet has older ones. */
  readonly policies: Pick<PermissionSetDefinition, 'inlinePolicy' | 'managedPolicyArns' | 'customerManagedPolicies'>
}

export function newRole(randomness: Randomness, madeAt: Date): NewRole {
  return { suffix: randomness.id().replaceAll('-', '').slice(0, 16), madeAt }
}

/** The permission sets in accounts, and their principals: a table and the indexes for listings. */
export class ProvisionedPermissionSets {
  readonly #table: Map<string, ProvisionedPermissionSet>
  readonly #byAccount = new KeysByOwner()
  readonly #byPermissionSet = new KeysByOwner()
  readonly #byPrincipal = new KeysByOwner()

  constructor(table: Map<string, ProvisionedPermissionSet>) {
    this.#table = table
    for (const provisioned of table.values()) this.#index(provisioned)
  }

  get(accountId: AccountId, permissionSetArn: PermissionSetArn): ProvisionedPermissionSet | undefined {
    return this.#table.get(provisionedKey(accountId, permissionSetArn))
  }

  holds({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): boolean {
    const principals = this.get(accountId, permissionSetArn)?.principals ?? []
    return principals.some((one) => one.principalId === principalId && one.principalType === principalType)
  }

  /** Provisions the definition, with the new role if there was none, and assigns it. */
  assign(target: AssignmentTarget, { version, inlinePolicy }: RoleDefinition, newRole: NewRole): void {
    const { accountId, permissionSetArn, principalId, principalType } = target
    const before = this.get(accountId, permissionSetArn)
    const principals = before?.principals ?? []
    this.#set({
      accountId,
      permissionSetArn,
      version,
      inlinePolicy,
      roleSuffix: before?.roleSuffix ?? newRole.suffix,
      roleMadeAt: before?.roleMadeAt ?? newRole.madeAt,
      principals: this.holds(target)
        ? principals
        : [...principals, { principalId, principalType }].sort((a, b) => (principalKey(a) < principalKey(b) ? -1 : 1)),
    })
  }

  /** Removing the last assignment removes the role. (IAM Identity Center User Guide, "Remove permission sets".) */
  unassign(target: AssignmentTarget): void {
    const before = this.get(target.accountId, target.permissionSetArn)
    if (before === undefined || !this.holds(target)) return
    const principals = before.principals.filter((one) => principalKey(one) !== principalKey(target))
    if (principals.length === 0) this.remove(target.accountId, target.permissionSetArn)
    else {
      this.#table.set(provisionedKey(target.accountId, target.permissionSetArn), { ...before, principals })
      this.#byPrincipal.delete(target.principalId, provisionedKey(target.accountId, target.permissionSetArn))
    }
  }

  update(accountId: AccountId, permissionSetArn: PermissionSetArn, { version, inlinePolicy }: RoleDefinition): void {
    const before = this.get(accountId, permissionSetArn)
    if (before !== undefined) this.#set({ ...before, version, inlinePolicy })
  }

  remove(accountId: AccountId, permissionSetArn: PermissionSetArn): void {
    const key = provisionedKey(accountId, permissionSetArn)
    for (const { principalId } of this.#table.get(key)?.principals ?? []) this.#byPrincipal.delete(principalId, key)
    this.#table.delete(key)
    this.#byAccount.delete(accountId, key)
    this.#byPermissionSet.delete(permissionSetArn, key)
  }

  inAccount(accountId: AccountId): readonly ProvisionedPermissionSet[] {
    return [...this.#read(this.#byAccount.of(accountId))]
  }

  countInAccount(accountId: AccountId): number {
    return this.#byAccount.countOf(accountId)
  }

  /** Ascending by account, those after this key. */
  ofPermissionSet(permissionSetArn: PermissionSetArn, after = ''): Iterable<ProvisionedPermissionSet> {
    return this.#read(this.#byPermissionSet.of(permissionSetArn), after)
  }

  /** Ascending by account and permission set, those after this key. */
  ofPrincipal(principalId: PrincipalId, after = ''): Iterable<ProvisionedPermissionSet> {
    return this.#read(this.#byPrincipal.of(principalId), after)
  }

  all(): Iterable<ProvisionedPermissionSet> {
    return this.#table.values()
  }

  *#read(keys: readonly string[], after = ''): Generator<ProvisionedPermissionSet> {
    for (let index = firstAfter(keys, after); index < keys.length; index++) {
      const provisioned = this.#table.get(keys[index] ?? '')
      if (provisioned !== undefined) yield provisioned
    }
  }

  #set(provisioned: ProvisionedPermissionSet): void {
    this.#table.set(provisionedKey(provisioned.accountId, provisioned.permissionSetArn), provisioned)
    this.#index(provisioned)
  }

  #index({ accountId, permissionSetArn, principals }: ProvisionedPermissionSet): void {
    const key = provisionedKey(accountId, permissionSetArn)
    this.#byAccount.add(accountId, key)
    this.#byPermissionSet.add(permissionSetArn, key)
    for (const { principalId } of principals) this.#byPrincipal.add(principalId, key)
  }
}

export function principalKey({ principalId, principalType }: Principal): string {
  return `${principalId} ${principalType}`
}

export function provisionedKey(accountId: AccountId, permissionSetArn: PermissionSetArn): string {
  return `${accountId} ${permissionSetArn}`
}
