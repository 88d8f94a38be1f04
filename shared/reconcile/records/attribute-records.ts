import { attributesKey, ownedAttributes, ownedAttributesPrefix } from '../../domain/attributes/attributes-file.ts'
import type { AttributeStep } from '../../domain/attributes/plan-attributes.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { defineRecord } from './define-record.ts'
import { renderNameInKey } from './name-in-key.ts'
import { tellEvent } from './tell-event.ts'

export const ownedAttributesRecord = defineRecord({
  at: ownedAttributesPrefix + attributesKey,
  meaning: 'the attributes for access control that ssofile applied',
  source: { is: 'primary' },
  value: ownedAttributes,
})

/** The folder for events about all attributes; each attribute has a folder beside it. */
export const attributesFolder = 'history/access-control-attributes/'

/** Records one event for each attribute, in a folder of its own. */
export async function tellAttributeSteps(
  objects: ObjectStore,
  steps: readonly AttributeStep[],
  at: string,
): Promise<void> {
  for (const { key, from, to } of steps) {
    const name = renderNameInKey(key)
    const left = to === undefined ? 'removed' : 'changed'
    const event = from === undefined ? 'added' : left
    const told = { event, named: `attribute-${event}`, at, body: { key, from, to } }
    await tellEvent(objects, { folder: `${attributesFolder}${name}/`, name }, told)
  }
}

/** The brake holds these changes since `at`. */
export async function tellHeldAttributes(objects: ObjectStore, at: string, changes: readonly string[]): Promise<void> {
  const told = { event: 'held', named: 'attributes-held', at, body: { changes } }
  await tellEvent(objects, { folder: attributesFolder, name: attributesKey }, told)
}
