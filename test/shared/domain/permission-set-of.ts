import type { PermissionSetPolicies } from '../../../shared/domain/permission-sets/permission-set-changes.ts'

/** A statement of an inline policy. */
export type Given = { readonly [field: string]: unknown }

export const allow = (Action: string | readonly string[], more: Given = {}): Given => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
})

export const deny = (Action: string | readonly string[], more: Given = {}): Given => ({
  ...allow(Action, more),
  Effect: 'Deny',
})

export const noPolicies: PermissionSetPolicies = { managedPolicyArns: [], customerManagedPolicies: [] }

/** An inline policy that AWS takes, where it does not matter what it says. */
export const anyInlinePolicy = JSON.stringify({ Version: '2012-10-17', Statement: [deny('s3:DeleteBucket')] })

/** What a permission set allows whose inline policy has these statements. Without any it has none. */
export const permissionSetOf = (...Statement: readonly Given[]): PermissionSetPolicies => ({
  ...noPolicies,
  ...(Statement.length > 0 && { inlinePolicy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
})
