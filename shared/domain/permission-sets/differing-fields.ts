import { definitionOf, type PermissionSetChange, planPermissionSetChanges } from './permission-set-changes.ts'
import { type PermissionSetFile, permissionSetFileSchema } from './permission-set-file.ts'

type Field = keyof typeof permissionSetFileSchema.shape

const fieldOf = {
  tag: 'tags',
  untag: 'tags',
  attach: 'managedPoliciesArnList',
  detach: 'managedPoliciesArnList',
  'attach-customer': 'customerManagedPoliciesList',
  'detach-customer': 'customerManagedPoliciesList',
  'put-inline': 'inlinePolicyDocument',
  'delete-inline': 'inlinePolicyDocument',
  'put-boundary': 'permissionsBoundary',
  'delete-boundary': 'permissionsBoundary',
} as const satisfies Readonly<Record<Exclude<PermissionSetChange['kind'], 'update'>, Field>>

/**
 * The names of the fields that differ between two files, in the order of the contract. Empty: both say the same, maybe in another form.
 */
export function listDifferingFields(before: PermissionSetFile, after: PermissionSetFile): readonly string[] {
  const differing = new Set<string>([
    ...(before.description === after.description ? [] : ['description']),
    ...(before.sessionDurationMinutes === after.sessionDurationMinutes ? [] : ['sessionDurationInMinutes']),
    ...(before.relayState === after.relayState ? [] : ['relayState']),
    ...(before.owner === after.owner ? [] : ['owner']),
    ...planPermissionSetChanges(definitionOf(before), definitionOf(after)).flatMap(({ kind }) =>
      kind === 'update' ? [] : [fieldOf[kind]],
    ),
  ])
  return Object.keys(permissionSetFileSchema.shape).filter((field) => differing.has(field))
}
