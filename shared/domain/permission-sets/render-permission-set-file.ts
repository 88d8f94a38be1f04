import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { definitionOf, planPermissionSetChanges, renderChange } from './permission-set-changes.ts'
import { type PermissionSetDefinition, parsePermissionSetFile, permissionSetKey } from './permission-set-file.ts'
import type { PermissionSetName } from './permission-set-name.ts'
import { parseSessionDuration } from './session-duration.ts'

/**
 * The file that describes this permission set exactly: parsing it gives the same one, and applying it changes nothing. Refused if no
 * file can describe it. `notes`: parts of the permission set that a file cannot express and that stay as they are, in whole sentences.
 */
export function renderPermissionSetFile(
  name: PermissionSetName,
  definition: PermissionSetDefinition,
): Parsed<{ readonly text: string; readonly notes: readonly string[] }> {
  const key = permissionSetKey(name)
  const text = `${JSON.stringify(toFile(name, definition), undefined, 2)}\n`
  const file = parsePermissionSetFile(key, new TextEncoder().encode(text))
  if (!file.ok) return inexpressible(key, `${file.complaint.received} (expected ${file.complaint.expected})`)
  const differences = planPermissionSetChanges(definition, definitionOf(file.value))
  // A file can say an empty inline policy only as `{}`, which means no policy. Applying the file would delete the policy in AWS.
  if (differences.some(({ kind }) => kind === 'delete-inline'))
    return inexpressible(
      key,
      `its inline policy is empty (${quote(definition.inlinePolicy ?? '')}), which in a file means that it has none`,
    )
  if (differences.length > 0)
    return inexpressible(key, `applying its file would ${differences.map(renderChange).join('; ')}`)
  const own = definition.tags.filter(isOfAws).map(({ Key }) => quote(Key))
  return parsed({
    text,
    notes: own.length === 0 ? [] : [`the tags of AWS's own (${own.join(', ')}) stand in no file and stay`],
  })
}

function toFile(name: PermissionSetName, definition: PermissionSetDefinition): object {
  const { description, sessionDuration, relayState, inlinePolicy, permissionsBoundary } = definition
  return {
    permissionSetName: name,
    description,
    sessionDurationInMinutes: parseSessionDuration(sessionDuration) ?? sessionDuration,
    relayState,
    tags: unlessEmpty(definition.tags.filter((tag) => !isOfAws(tag))),
    managedPoliciesArnList: unlessEmpty(definition.managedPolicyArns),
    customerManagedPoliciesList: unlessEmpty(definition.customerManagedPolicies),
    inlinePolicyDocument: inlinePolicy === undefined ? undefined : parseJson(inlinePolicy),
    permissionsBoundary,
  }
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}

/** AWS sets and changes these itself. (Tagging guide, "Tag naming limits and requirements".) */
function isOfAws({ Key }: { readonly Key: string }): boolean {
  return /^aws:/i.test(Key)
}

/** Returns text that is not JSON as it is, so that it is refused as a policy. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function inexpressible(object: string, received: string): Parsed<never> {
  return refused({
    object,
    received: `a permission set that no file can describe: ${received}`,
    expected: 'one that a file can describe exactly',
    remedy: 'change it in Identity Center, then import it again; links may use it without a file',
  })
}
