import { nearPrincipal } from '../../domain/principals/near-principal.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'

/** The group or user that a person most likely meant. Lists the whole directory, so only for a missing name. */
export async function findNearPrincipal(
  type: PrincipalType,
  name: string,
  directory: IdentityStore,
): Promise<string | undefined> {
  return nearPrincipal(name, await Array.fromAsync(listAll((token) => directory.listPrincipals(type, token))))
}
