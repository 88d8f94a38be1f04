import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetDefinition } from './permission-set-definitions.ts'

/** Customer managed policies that are missing in an account. By default every policy exists in every account. */
export class AccountPolicies {
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
    if (boundary !== undefined && 'CustomerManagedPolicyReference' in boundary) {
      names.push(boundary.CustomerManagedPolicyReference.Name)
    }
    return names.find((name) => missing.includes(name))
  }
}
