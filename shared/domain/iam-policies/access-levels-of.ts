import type { PermissionSetPolicies } from '../permission-sets/permission-set-changes.ts'
import { type AccessLevel, type ActionCatalog, accessLevels } from './access-level.ts'
import { comparePermissions, listManagedPolicies, nameManagedPolicy, type PolicyText } from './compare-permissions.ts'
import { parsePolicyStatements } from './policy-statement.ts'

/**
 * The access levels that a permission set allows, the gravest first. They include `unknown` if a policy is unread or not understood, or
 * allows actions outside the catalog. Ignores resources, conditions and the permissions boundary.
 */
export function accessLevelsOf(
  policies: PermissionSetPolicies,
  texts: ReadonlyMap<string, PolicyText>,
  catalog: ActionCatalog,
): readonly AccessLevel[] {
  const isRead = listManagedPolicies(policies).every((policy) => {
    const text = texts.get(nameManagedPolicy(policy))
    return text !== undefined && 'document' in text && parsePolicyStatements(text.document) !== undefined
  })
  const isClear = isRead && parsePolicyStatements(policies.inlinePolicy) !== undefined
  const { gained } = comparePermissions({ after: policies, texts }, catalog)
  const found = new Set(gained.map(({ level }) => level))
  if (!isClear) found.add('unknown')
  return accessLevels.filter((level) => found.has(level))
}
