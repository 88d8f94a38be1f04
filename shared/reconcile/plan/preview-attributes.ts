import pLimit from 'p-limit'
import { type AttributeStep, planAttributes } from '../../domain/attributes/plan-attributes.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { listHeads, readsAtOnce } from '../records/list-heads.ts'
import { ownedAttributesRecord, readAttributesFile } from '../records/owned-attributes.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'

/** A change of the attributes for access control, and the permission sets whose inline policies name the attribute. */
export type AttributeChange = AttributeStep & { readonly sets: readonly PermissionSetName[] }

/** Absent: nothing changes. `denied`: the caller may not read the configuration. */
export type AttributesPreview = { readonly attributes?: readonly AttributeChange[] | 'denied' }

export async function previewAttributes(
  { objects, ssoAdmin }: { readonly objects: ObjectStore; readonly ssoAdmin: SsoAdmin },
  { onDrift }: Pick<Configuration, 'onDrift'>,
): Promise<AttributesPreview> {
  const file = (await readAttributesFile(objects))?.file
  // An invalid or missing file changes nothing.
  if (!file?.ok) return {}
  try {
    const actual = (await ssoAdmin.describeAttributes())?.attributes ?? []
    const owned = (await ownedAttributesRecord(objects).read())?.value
    const steps = planAttributes({ wanted: file.value, actual, owned, onDrift })
    return steps.length === 0 ? {} : { attributes: await withSets(steps, objects) }
  } catch (error) {
    if (!isServiceError(error, 'AccessDeniedException')) throw error
    return { attributes: 'denied' }
  }
}

async function withSets(steps: readonly AttributeStep[], objects: ObjectStore): Promise<readonly AttributeChange[]> {
  const keys = [...(await listHeads(objects, permissionSetPrefix)).keys()]
  const read = await pLimit(readsAtOnce).map(keys, async (key) => (await readPermissionSetFile(objects, key))?.file)
  const sets = read.flatMap((file) =>
    file?.ok && file.value.inlinePolicy !== undefined
      ? [{ name: file.value.name, tags: listPrincipalTags(file.value.inlinePolicy) }]
      : [],
  )
  return steps.map((step) => ({
    ...step,
    sets: sets.flatMap(({ name, tags }) => (tags.has(step.key.toLowerCase()) ? [name] : [])).sort(),
  }))
}

/**
 * The tags of the principal in the policy, in lower case, since IAM compares condition keys and variables without regard to case. (IAM User
 * Guide, "IAM JSON policy elements: Condition".) A variable may have a default behind a comma.
 */
function listPrincipalTags(policy: string): ReadonlySet<string> {
  return new Set(
    Array.from(policy.matchAll(/aws:PrincipalTag\/([^"},]+)/gi), ([, tag = '']) => tag.trim().toLowerCase()),
  )
}
