/** Policies as the texts that IAM gives. */
export type DeployedRole = {
  readonly name: string
  readonly maxSessionSeconds: number
  readonly trust: string
  /** By name. */
  readonly inline: Readonly<Record<string, string>>
  readonly managedPolicies: readonly string[]
  readonly permissionsBoundary?: string | undefined
}
export type DeployedUser = {
  readonly name: string
  /** What each attached policy says; `undefined`: it is not one of the account. */
  readonly attached: readonly (string | undefined)[]
  /** Names of what gives it more: inline policies and groups. */
  readonly more: readonly string[]
  readonly devices: number
  readonly keys: number
  /** As the credential report says it, at most four hours ago. */
  readonly passwordChangedAt?: Date | undefined
  readonly passwordUsedAt?: Date | undefined
}
export type DeployedRule = {
  readonly name: string
  readonly pattern: string
  /** As EventBridge names it: ENABLED leaves out calls that only read. */
  readonly state: string
  /** Whether it sends to what was asked for. */
  readonly sends: boolean
}
export type PasswordPolicy = { readonly minimumLength: number; readonly isMixed: boolean }
export type Subscription = { readonly address: string; readonly isConfirmed: boolean }
export type TrailRecord = {
  readonly id: string
  readonly at: string
  readonly name: string
  readonly by: string
  readonly from: string
  readonly region: string
  readonly role?: string | undefined
  readonly errorCode?: string | undefined
}
