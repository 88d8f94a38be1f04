import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ReadingIdentityStore } from '../../ports/identity-store.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { listOwnedMemberships, readOwnedGroup } from '../../reconcile/records/owned-groups.ts'
import type { FoundGroup } from './rules/describe-membership.ts'

type DirectoryReads = Pick<Ports, 'clock'> & {
  readonly objects: ReadingObjects
  readonly identityStore: ReadingIdentityStore
  readonly configuration: Pick<Configuration, 'principalSuffix'>
}

/** The group of the file with this name: ours, or someone else's. */
export async function findOwnGroup(
  name: PrincipalName,
  { objects, identityStore, clock, configuration }: DirectoryReads,
): Promise<FoundGroup> {
  const owned = await readOwnedGroup(objects, name)
  if (owned?.id !== undefined) {
    const found = await identityStore.findGroup(owned.id)
    if (found === undefined) return { is: 'gone', id: owned.id, isExternal: false }
    const known = { id: owned.id, isExternal: found.isExternal }
    const hasName = found.name === name + configuration.principalSuffix
    return hasName ? { is: 'ours', ...known } : { is: 'renamed', ...known, as: found.name }
  }
  const index = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  const id = await index.resolve('GROUP', name, clock.monotonicMs())
  const found = id && (await identityStore.findGroup(id))
  const isExternal = found?.isExternal === true
  if (id !== undefined)
    for await (const _ of listOwnedMemberships(objects, id)) return { is: 'given up', id, isExternal }
  return { is: 'not ours', isExternal }
}
