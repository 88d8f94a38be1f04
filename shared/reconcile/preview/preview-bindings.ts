import pLimit from 'p-limit'
import type { Configuration } from '../../domain/configuration.ts'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import { linkPrefix, parseLinkKey } from '../../domain/link.ts'
import type { PrincipalName } from '../../domain/principal.ts'
import type { Ports } from '../../ports/ports.ts'
import { bindingOfReading } from '../assignments/user-binding.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { PrincipalIndex } from '../directory/principal-index.ts'
import { readLink } from '../records/read-link.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

const looksAtOnce = 4

/** A link of a user that would be bound to another user of the same name: with its content changed, or asked to count as new. */
export type NewBinding = {
  readonly link: string
  readonly principal: PrincipalName
  readonly from: PrincipalId
  readonly to: PrincipalId
}

/** `inputs`: those that a reconcile would look at; no other has changed since it was bound. */
export async function previewBindings(
  inputs: readonly string[],
  ports: Ports,
  configuration: Configuration,
): Promise<readonly NewBinding[]> {
  const statuses = new StatusStore(ports.objects, ports.clock)
  const principals = new PrincipalIndex(patientIdentityStore(ports), ports.clock, configuration.principalSuffix)
  const links = inputs.filter((key) => {
    const link = key.startsWith(linkPrefix) ? parseLinkKey(key, configuration.folders) : undefined
    return link?.ok && link.value.type === 'USER'
  })
  const found = await pLimit(looksAtOnce).map(links, async (key): Promise<readonly NewBinding[]> => {
    const reading = await readLink(ports.objects, key, configuration)
    const status = await spoiledAsAbsent(statuses.read(key))
    if (reading.state !== 'in-force' || status?.principalId === undefined) return []
    const { principal, type } = reading.link
    if (bindingOfReading(reading, status) !== undefined) return []
    const to = await principals.resolve(type, principal, 0)
    return to === undefined || to === status.principalId ? [] : [{ link: key, principal, from: status.principalId, to }]
  })
  return found.flat()
}
