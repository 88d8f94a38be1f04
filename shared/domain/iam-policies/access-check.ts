/** How grave a finding is, the gravest first. (IAM Access Analyzer API Reference, "ValidatePolicyFinding".) */
export const policyFindingTypes = ['ERROR', 'SECURITY_WARNING', 'WARNING', 'SUGGESTION'] as const
export type PolicyFindingType = (typeof policyFindingTypes)[number]

/** What IAM Access Analyzer says of one policy. `code`: such as `PASS_ROLE_WITH_STAR_IN_RESOURCE`; `told`: in whole sentences. */
export type PolicyFinding = { readonly type: PolicyFindingType; readonly code: string; readonly told: string }

/** Whether a policy allows what the one before did not. `reasons`: by which statement, in AWS's words. */
export type NewAccess = { readonly isNew: boolean; readonly reasons: readonly string[] }

/** Nobody answered, and why. */
export type NotAsked = { readonly why: string }

/**
 * What IAM Access Analyzer says of the inline policy of a changed permission set. `newAccess` is absent where there was no inline
 * policy before: then all of it is new.
 */
export type AccessCheck = {
  /** The gravest first. Empty: nothing is wrong with it. */
  readonly findings: readonly PolicyFinding[] | NotAsked
  readonly newAccess?: NewAccess | NotAsked | undefined
}
