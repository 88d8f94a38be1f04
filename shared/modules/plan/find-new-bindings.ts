import pLimit from 'p-limit'
import { linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { bindingOfReading } from '../../reconcile/assignments/user-binding.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { PlanSources } from './plan-sources.ts'

const looksAtOnce = 4

/** A user's link that would bind to another user of the same name, because its content changed or it asks to count as new. */
export type NewBinding = {
  readonly link: string
  readonly principal: PrincipalName
  readonly from: PrincipalId
  readonly to: PrincipalId
}

/** `inputs`: the inputs that a reconcile would look at; all others are unchanged since they were bound. */
export async function findNewBindings(
  inputs: readonly string[],
  sources: Pick<PlanSources, 'objects' | 'configuration' | 'principals' | 'statuses'>,
): Promise<readonly NewBinding[]> {
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
