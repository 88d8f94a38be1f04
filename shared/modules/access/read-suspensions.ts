import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { nameInLinks, type PrincipalName } from '../../domain/principals/principal.ts'
import type { Ports } from '../../ports/ports.ts'
import { Policies } from '../../reconcile/records/policies.ts'
import { Suspensions } from '../../reconcile/records/suspensions.ts'

/** The file that suspends a user, by id and by the name in the directory; `undefined`: none. */
export type SuspensionOf = (id: PrincipalId, name: PrincipalName | undefined) => string | undefined

/** The present suspensions. Names of files have no `principalSuffix`, like those in links. */
export async function readSuspensions(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
): Promise<SuspensionOf> {
  const suspensionOf = await new Suspensions({ objects, policies: new Policies({ objects, clock }) }).readAll()
  if (suspensionOf === undefined) return () => undefined
  return (id, name) => suspensionOf(id, name === undefined ? undefined : nameInLinks(name, principalSuffix))
}
