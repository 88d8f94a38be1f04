import { attributesKey } from '../../domain/attributes/attributes-file.ts'
import type { AttributeStep } from '../../domain/attributes/plan-attributes.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { tellEvent } from './tell-event.ts'

const folder = 'history/access-control-attributes/'

/** What was carried out: an event for each attribute, in a folder of its own. */
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
    await tellEvent(objects, { folder: `${folder}${name}/`, name }, told)
  }
}

/** What is about all of them. */
export async function tellAttributes(
  objects: ObjectStore,
  {
    event,
    at,
    ...body
  }: { readonly event: 'held' | 'given-up'; readonly at: string } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await tellEvent(objects, { folder, name: attributesKey }, { event, named: `attributes-${event}`, at, body })
}
