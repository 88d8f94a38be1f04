import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Link, linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Ports } from '../../ports/ports.ts'
import { bindingOfReading } from '../../reconcile/assignments/user-binding.ts'
import type { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'

const looksAtOnce = 4

/** A user's link that would bind to another user of the same name, because its content changed or it asks to count as new. */
export type NewBinding = {
  readonly link: string
  readonly principal: PrincipalName
  readonly from: PrincipalId
  readonly to: PrincipalId
}

/** A link in force, with its user from before the content changed. */
type Unbound = Link & { readonly from: PrincipalId }

type BindingSources = {
  readonly ports: Pick<Ports, 'objects' | 'clock'>
  readonly configuration: Configuration
  readonly principals: PrincipalIndex
}

/** `inputs`: the inputs that a reconcile would look at; all others are unchanged since they were bound. */
export async function findNewBindings(
  inputs: readonly string[],
  { ports, configuration, principals }: BindingSources,
): Promise<readonly NewBinding[]> {
  const statuses = new StatusStore(ports.objects, ports.clock)
  const links = inputs.flatMap((key) => {
    const link = key.startsWith(linkPrefix) ? parseLinkKey(key, configuration.folders) : undefined
    return link?.ok && link.value.type === 'USER' ? [link.value] : []
  })
  const read = await pLimit(looksAtOnce).map(links, async (link): Promise<readonly Unbound[]> => {
    const reading = await readLink(ports.objects, link.key, configuration)
    const status = await spoiledAsAbsent(statuses.read(link.key))
    const from = status?.principalId
    if (reading.state !== 'in-force' || from === undefined) return []
    return bindingOfReading(reading, status) === undefined ? [{ ...link, from }] : []
  })
  const unbound = read.flat()
  await principals.foresee(unbound)
  const found = await pLimit(looksAtOnce).map(unbound, async ({ key, type, principal, from }) => {
    const to = await principals.resolve(type, principal, Number.NEGATIVE_INFINITY)
    return to === undefined || to === from ? [] : [{ link: key, principal, from, to }]
  })
  return found.flat()
}
