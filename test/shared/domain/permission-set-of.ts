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

/** What a permission set allows whose inline policy has these statements. Without any it has none. */
export const permissionSetOf = (...Statement: readonly Given[]): PermissionSetPolicies => ({
  ...noPolicies,
  ...(Statement.length > 0 && { inlinePolicy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
})
