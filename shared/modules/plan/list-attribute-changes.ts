import pLimit from 'p-limit'
import { attributesKey } from '../../domain/attributes/attributes-file.ts'
import { type AttributeStep, describeAttributeStep } from '../../domain/attributes/plan-attributes.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { foresee } from '../../reconcile/inputs/reconcile-input.ts'
import { attributesController, gatherAttributes } from '../../reconcile/permission-sets/attributes-controller.ts'
import { listHeads, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readPermissionSetFile } from '../../reconcile/records/read-permission-set-file.ts'

/** A change of the attributes for access control, and the permission sets whose inline policies name the attribute. */
type AttributeChange = AttributeStep & {
  readonly sets: readonly PermissionSetName[]
  /** It waits until a person releases it. Absent: no. */
  readonly isHeld?: true
}

/**
 * The first changes that the dispatcher would make for the file of attributes for access control. `undefined`: nothing changes. `denied`:
 * the caller may not read the configuration.
 */
export async function listAttributeChanges(
  ports: Pick<Ports, 'objects' | 'ssoAdmin' | 'clock'>,
  configuration: Configuration,
): Promise<readonly AttributeChange[] | 'denied' | undefined> {
  const controller = { ...attributesController, gather: gatherAttributes }
  const foreseeing = foresee(attributesKey, controller, { ...ports, configuration })
  const foreseen = await unlessCode(foreseeing, 'AccessDeniedException')
  if (foreseen === undefined) return 'denied'
  const { step } = foreseen
  if (step === undefined || !('steps' in step)) return undefined
  const sets = await readPrincipalTags(ports.objects)
  return step.steps.map((one) => ({
    ...one,
    ...(step.held.includes(describeAttributeStep(one)) && { isHeld: true as const }),
    sets: sets.flatMap(({ name, tags }) => (tags.has(one.key.toLowerCase()) ? [name] : [])).sort(),
  }))
}

async function readPrincipalTags(objects: ObjectStore) {
  const keys = [...(await listHeads(objects, permissionSetPrefix)).keys()]
  const read = await pLimit(readsAtOnce).map(keys, async (key) => (await readPermissionSetFile(objects, key))?.file)
  return read.flatMap((file) =>
    file?.ok && file.value.inlinePolicy !== undefined
      ? [{ name: file.value.name, tags: listPrincipalTags(file.value.inlinePolicy) }]
      : [],
  )
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
