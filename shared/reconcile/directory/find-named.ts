import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import type { IdentityStore, NamedPrincipal } from '../../ports/identity-store.ts'

/** The directory's record of one principal, without its id. */
export type Named = Pick<NamedPrincipal, 'name' | 'isDisabled' | 'createdAt' | 'externalIds'>

/** The present name of an id, and whether the user is disabled. `undefined`: the id does not exist. */
export async function findNamed(
  identityStore: Pick<IdentityStore, 'findUser' | 'findPrincipalName'>,
  type: PrincipalType,
  id: PrincipalId,
): Promise<Named | undefined> {
  if (type === 'USER') return identityStore.findUser(id)
  const name = await identityStore.findPrincipalName(type, id)
  return name === undefined ? undefined : { name }
}
