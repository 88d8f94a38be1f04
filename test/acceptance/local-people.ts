import { operatorRole } from '../../infra/local/add-roles-of-people.ts'
import { bucketAdministrator } from '../../infra/local/s3/local-bucket-policy.ts'

/** Who somebody is on the local system. */
export const localPeople = {
  uploader: 'maria',
  auditor: 'auditor',
  operator: 'operator',
  operatorRole,
  governance: 'governance',
  people: 'hr',
  memberships: 'maria',
  accountOwner: 'maria',
  bucketAdministrator,
  administrator: 'management',
  management: 'management',
}
