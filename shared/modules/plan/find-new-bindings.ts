import pLimit from 'p-limit'
import { linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import { bindingOfReading } from '../../reconcile/assignments/user-binding.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { PlanSources } from './plan-sources.ts'

const looksAtOnce = 4

/**
 * The users' links that would bind to another user of the same name, because their content changed or they ask to count as new. `inputs`: the
 * inputs that a reconcile would look at; all others are unchanged since they were bound.
 */
export async function findNewBindings(
  inputs: readonly string[],
  sources: Pick<PlanSources, 'objects' | 'configuration' | 'principals' | 'statuses'>,
) {
  const { objects, configuration, principals, statuses } = sources
  const read = await pLimit(looksAtOnce).map(inputs, async (key) => {
    const link = key.startsWith(linkPrefix) ? parseLinkKey(key, configuration.folders) : undefined
    if (!link?.ok || link.value.type !== 'USER') return []
    // The metadata of an empty link may ask that it counts as new.
    const reading = await readLink(objects, key, configuration)
    const status = await spoiledAsAbsent(statuses.read(key))
    const from = status?.principalId
    const isUnbound = reading.state === 'in-force' && bindingOfReading(reading, status) === undefined
    return isUnbound && from !== undefined ? [{ ...link.value, from }] : []
  })
  const unbound = read.flat()
  await principals.foresee(unbound)
  const found = await pLimit(looksAtOnce).map(unbound, async ({ key, type, principal, from }) => {
    const to = await principals.resolve(type, principal, Number.NEGATIVE_INFINITY)
    return to === undefined || to === from ? [] : [{ link: key, principal, from, to }]
  })
  return found.flat()
}
