/** The types of findings, the gravest first. (IAM Access Analyzer API Reference, "ValidatePolicyFinding".) */
export const policyFindingTypes = ['ERROR', 'SECURITY_WARNING', 'WARNING', 'SUGGESTION'] as const
export type PolicyFindingType = (typeof policyFindingTypes)[number]

/** IAM Access Analyzer's finding about one policy. `code`: such as `PASS_ROLE_WITH_STAR_IN_RESOURCE`; `told`: in whole sentences. */
export type PolicyFinding = { readonly type: PolicyFindingType; readonly code: string; readonly told: string }

/** Whether a policy allows something that the former one did not. `reasons`: the statements, in AWS's words. */
export type NewAccess = { readonly isNew: boolean; readonly reasons: readonly string[] }

/** Why there was no answer. */
export type NotAsked = { readonly why: string }

/**
 * IAM Access Analyzer's answer about the inline policy of a changed permission set. `newAccess` absent: there was no inline policy before,
 * so everything is new.
 */
export type AccessCheck = {
  /** The gravest first. Empty: nothing is wrong with it. */
  readonly findings: readonly PolicyFinding[] | NotAsked
  readonly newAccess?: NewAccess | NotAsked | undefined
}
