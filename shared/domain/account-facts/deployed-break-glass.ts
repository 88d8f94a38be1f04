/** A role in an account. Its policies are the texts that IAM returns. */
export type DeployedRole = {
  readonly name: string
  readonly maxSessionSeconds: number
  readonly trust: string
  /** The policies by their names. */
  readonly inline: Readonly<Record<string, string>>
  readonly managedPolicies: readonly string[]
  readonly permissionsBoundary?: string | undefined
}
export type DeployedUser = {
  readonly name: string
  /** The text of each attached policy. `undefined`: it is not one of the account. */
  readonly attached: readonly (string | undefined)[]
  /** The names of everything else that gives it access: inline policies and groups. */
  readonly more: readonly string[]
  readonly devices: number
  readonly keys: number
  readonly permissionsBoundary?: string | undefined
  /** From the credential report, which is at most four hours old. `undefined`: the user is newer than the report. */
  readonly hasPassword: boolean | undefined
  readonly passwordChangedAt?: Date | undefined
  readonly passwordUsedAt?: Date | undefined
}
export type DeployedRule = {
  readonly name: string
  readonly pattern: string
  /** The name that EventBridge has for it. ENABLED leaves out calls that only read. */
  readonly state: string
  /** Whether it sends to the target that the caller asked for. */
  readonly sends: boolean
}
export type PasswordPolicy = { readonly minimumLength: number; readonly isMixed: boolean }
/** `policy`: who may publish to the topic. `key`: the key that encrypts its messages. Without a key they are not encrypted. */
export type AlarmTopic = { readonly policy: string; readonly key?: string | undefined }
export type Subscription = {
  readonly address: string
  readonly isConfirmed: boolean
  /** The address gets only the messages that this filter policy lets through. */
  readonly filter?: string | undefined
}
/** The rules in one Region of the security account. `busPolicy`: who may put events on the bus, in the Region that has it. */
export type SecurityRules = { readonly rules: readonly DeployedRule[]; readonly busPolicy?: string | undefined }
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
