import { parseLooseJson, sortFields } from '../json/loose-json.ts'
import type {
  CustomerManagedPolicy,
  PermissionSetDefinition,
  PermissionSetFile,
  PermissionsBoundary,
  Tag,
} from './permission-set-file.ts'
import { parseSessionDuration, renderSessionDuration } from './session-duration.ts'

/** One write call. */
export type PermissionSetChange =
  | {
      readonly kind: 'update'
      readonly attributes: Pick<PermissionSetDefinition, 'description' | 'sessionDuration' | 'relayState'>
      /** The names of the fields that differ, for history. */
      readonly fields: readonly string[]
    }
  | { readonly kind: 'tag'; readonly tags: readonly Tag[] }
  | { readonly kind: 'untag'; readonly keys: readonly string[] }
  | { readonly kind: 'attach' | 'detach'; readonly policyArn: string }
  | { readonly kind: 'attach-customer' | 'detach-customer'; readonly policy: CustomerManagedPolicy }
  | { readonly kind: 'put-inline'; readonly policy: string }
  | { readonly kind: 'delete-inline' }
  | { readonly kind: 'put-boundary'; readonly boundary: PermissionsBoundary }
  | { readonly kind: 'delete-boundary' }

export type PermissionSetPolicies = Pick<
  PermissionSetDefinition,
  'inlinePolicy' | 'managedPolicyArns' | 'customerManagedPolicies' | 'permissionsBoundary'
>

/** Whether the change affects the roles in the accounts, so that ssofile must provision them. Tags do not. */
export function isOfRoles({ kind }: PermissionSetChange): boolean {
  return kind !== 'tag' && kind !== 'untag'
}

export function definitionOf(file: PermissionSetFile): PermissionSetDefinition {
  const { name: _, sessionDurationMinutes, warnings: __, ...rest } = file
  return { ...rest, sessionDuration: renderSessionDuration(sessionDurationMinutes) }
}

/**
 * The calls that make `actual` equal to `wanted`, in the required order. Empty: nothing differs, except what AWS cannot change
 * (`planWarnings`).
 *
 * | step | calls                                      | why there                                               |
 * | ---- | ------------------------------------------ | ------------------------------------------------------- |
 * | 1    | tags; attributes, if the session shortens  | tags grant nothing; a shorter session is less           |
 * | 2    | detach the old policies                    | both versions have the rest; 25 are never exceeded      |
 * | 3    | inline policy and boundary                 | see below                                               |
 * | 4    | attach the new policies                    | the new boundary and the new denials are there already  |
 * | 5    | attributes otherwise                       | a longer session only for the rights of the new version |
 *
 * So the permission set never grants anything that neither the old nor the new version grants. Between steps 2 and 4 it has only the
 * managed policies of both versions. With the old inline policy and boundary, that is within the old version; with the new ones, within
 * the new version. Denials in the inline policy are safe too: the old ones stay while an old policy stays, and the new ones come before
 * a new policy. In step 3, an added boundary goes first and a removed one last. If one boundary replaces another, the inline policy goes
 * first if it only takes away, else the boundary. Two limits: the denials of a managed policy are unknown here, so each counts as
 * granting; and if a boundary and an inline policy that grants and denies are replaced together, no order is within the two. Roles
 * change only when they are provisioned, after the last call.
 */
export function planPermissionSetChanges(
  actual: PermissionSetDefinition,
  wanted: PermissionSetDefinition,
): readonly PermissionSetChange[] {
  const attributes = planAttributes(actual, wanted)
  const isShorter = minutesOf(wanted) < minutesOf(actual)
  return [
    ...planTags(actual.tags, wanted.tags),
    ...(isShorter ? attributes : []),
    ...planPolicies('detach', actual, wanted),
    ...planInlineAndBoundary(actual, wanted),
    ...planPolicies('attach', wanted, actual),
    ...(isShorter ? [] : attributes),
  ]
}

/** Differences that nobody can change: AWS offers no way to empty a description. */
export function planWarnings(actual: PermissionSetDefinition, wanted: PermissionSetDefinition): readonly string[] {
  if (actual.description === undefined || wanted.description !== undefined) return []
  return [
    'the file has no description, but the permission set keeps the one it has: AWS can change a description, never empty it; write the description you want into the file',
  ]
}

/** The change in words, for history and statuses. */
export function renderChange(change: PermissionSetChange): string {
  switch (change.kind) {
    case 'update':
      return `set ${change.fields.join(', ')}`
    case 'tag':
      return `tag ${change.tags.map(({ Key, Value }) => `${Key}=${Value}`).join(', ')}`
    case 'untag':
      return `untag ${change.keys.join(', ')}`
    case 'attach':
    case 'detach':
      return `${change.kind} ${change.policyArn}`
    case 'attach-customer':
      return `attach customer managed policy ${referenceKey(change.policy)}`
    case 'detach-customer':
      return `detach customer managed policy ${referenceKey(change.policy)}`
    case 'put-inline':
      return 'put the inline policy'
    case 'delete-inline':
      return 'delete the inline policy'
    case 'put-boundary':
      return `put the permissions boundary ${boundaryKey(change.boundary)}`
    case 'delete-boundary':
      return 'delete the permissions boundary'
    default:
      return change satisfies never
  }
}

function planAttributes(
  actual: PermissionSetDefinition,
  wanted: PermissionSetDefinition,
): readonly PermissionSetChange[] {
  const fields = [
    ...(wanted.description !== undefined && wanted.description !== actual.description ? ['description'] : []),
    ...(minutesOf(wanted) === minutesOf(actual) ? [] : ['session duration']),
    ...(wanted.relayState === actual.relayState ? [] : ['relay state']),
  ]
  const { description, sessionDuration, relayState } = wanted
  const attributes = { sessionDuration, description, relayState }
  return fields.length === 0 ? [] : [{ kind: 'update', attributes, fields }]
}

/** Removals first, so that 50 tags are never exceeded. AWS owns keys that begin with `aws:`: they stay. */
function planTags(actual: readonly Tag[], wanted: readonly Tag[]): readonly PermissionSetChange[] {
  const keys = listMissing(actual, wanted, ({ Key }) => Key)
    .map(({ Key }) => Key)
    .filter((key) => !/^aws:/i.test(key))
  const tags = listMissing(wanted, actual, ({ Key, Value }) => JSON.stringify([Key, Value]))
  return [
    ...(keys.length === 0 ? [] : [{ kind: 'untag', keys } as const]),
    ...(tags.length === 0 ? [] : [{ kind: 'tag', tags } as const]),
  ]
}

/** The managed policies of one definition that the other lacks. */
function planPolicies(
  kind: 'attach' | 'detach',
  having: PermissionSetDefinition,
  lacking: PermissionSetDefinition,
): readonly PermissionSetChange[] {
  const arns = listMissing(having.managedPolicyArns, lacking.managedPolicyArns, (arn) => arn)
  const customer = listMissing(having.customerManagedPolicies, lacking.customerManagedPolicies, referenceKey)
  return [
    ...arns.map((policyArn) => ({ kind, policyArn })),
    ...customer.map((policy) => ({ kind: `${kind}-customer` as const, policy })),
  ]
}

function planInlineAndBoundary(
  actual: PermissionSetDefinition,
  wanted: PermissionSetDefinition,
): readonly PermissionSetChange[] {
  const inline = planInline(actual.inlinePolicy, wanted.inlinePolicy)
  const boundary = planBoundary(actual.permissionsBoundary, wanted.permissionsBoundary)
  const isRemoved = wanted.permissionsBoundary === undefined
  const isReplaced = actual.permissionsBoundary !== undefined && !isRemoved
  const onlyTakesAway =
    !hasEffect(actual.inlinePolicy, 'Deny') && !hasEffect(wanted.inlinePolicy, 'Allow') && inline.length > 0
  return isRemoved || (isReplaced && onlyTakesAway) ? [...inline, ...boundary] : [...boundary, ...inline]
}

function planInline(actual: string | undefined, wanted: string | undefined): readonly PermissionSetChange[] {
  if (isSamePolicy(actual, wanted)) return []
  return [wanted === undefined ? { kind: 'delete-inline' } : { kind: 'put-inline', policy: wanted }]
}

function planBoundary(
  actual: PermissionsBoundary | undefined,
  wanted: PermissionsBoundary | undefined,
): readonly PermissionSetChange[] {
  if (wanted === undefined) return actual === undefined ? [] : [{ kind: 'delete-boundary' }]
  const isSame = actual !== undefined && boundaryKey(actual) === boundaryKey(wanted)
  // One call also replaces a boundary by one of the other kind. (API Reference, PutPermissionsBoundaryToPermissionSet.)
  return isSame ? [] : [{ kind: 'put-boundary', boundary: wanted }]
}

/** Whether two policies are equal. White space, the order of fields, and a list around a single statement mean nothing. */
export function isSamePolicy(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  const [first, second] = [parseLooseJson(a), parseLooseJson(b)]
  return first !== undefined && renderSorted(first) === renderSorted(second)
}

function renderSorted(policy: unknown): string {
  const isObject = typeof policy === 'object' && policy !== null && 'Statement' in policy
  return JSON.stringify(sortFields(isObject ? { ...policy, Statement: [policy.Statement].flat() } : policy))
}

/** Whether a statement of the policy may have this effect. An unreadable policy may have any. */
function hasEffect(policy: string | undefined, effect: 'Allow' | 'Deny'): boolean {
  if (policy === undefined) return false
  const document = parseLooseJson(policy)
  if (typeof document !== 'object' || document === null || !('Statement' in document)) return true
  const { Statement: statement } = document
  const statements: readonly unknown[] = Array.isArray(statement) ? statement : [statement]
  const other = effect === 'Allow' ? 'Deny' : 'Allow'
  return !statements.every((one) => typeof one === 'object' && one !== null && 'Effect' in one && one.Effect === other)
}

export function listMissing<T>(items: readonly T[], others: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const known = new Set(others.map(keyOf))
  return items.filter((item) => !known.has(keyOf(item)))
}

/** The default path is `/`. */
export function referenceKey({ Name, Path = '/' }: CustomerManagedPolicy): string {
  return Path + Name
}

export function boundaryKey(boundary: PermissionsBoundary): string {
  return 'ManagedPolicyArn' in boundary
    ? boundary.ManagedPolicyArn
    : `customer managed ${referenceKey(boundary.CustomerManagedPolicyReference)}`
}

/** An unreadable duration differs from every other. */
function minutesOf({ sessionDuration }: PermissionSetDefinition): number {
  return parseSessionDuration(sessionDuration) ?? Number.POSITIVE_INFINITY
}
