import type { Hygiene } from '../../domain/files/hygiene-file.ts'
import type { Account, OrganizationView } from '../../domain/organization/organization-view.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientOrganizations } from '../../reconcile/calls/patient-organizations.ts'

/** The owner of an account, by its tag; `undefined`: nobody is named. Throws ServiceError if the tags cannot be read. */
export function openAccountOwners(
  ports: Pick<Ports, 'organizations' | 'clock' | 'randomness'>,
  { ownerTag }: Pick<Hygiene, 'ownerTag'>,
  { hasTags }: Pick<OrganizationView, 'hasTags'>,
) {
  const organizations = patientOrganizations(ports)
  return async ({ id, tags }: Account): Promise<string | undefined> => {
    if (ownerTag === undefined) return undefined
    return ((hasTags ? tags : undefined) ?? (await organizations.listTags(id)))?.[ownerTag]
  }
}
