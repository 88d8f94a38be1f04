import { attributesKey } from '../attributes/attributes-file.ts'
import { linkPrefix } from '../links/link.ts'
import { groupPrefix } from '../people/group-file.ts'
import { membershipPrefix } from '../people/membership-file.ts'
import { peoplePrefix } from '../people/person-file.ts'
import { rulePrefix } from '../people/rule-file.ts'
import { suspensionPrefix } from '../people/suspension.ts'
import { permissionSetPrefix } from '../permission-sets/permission-set-file.ts'
import { requestPrefix } from '../requests/access-request.ts'
import { approvalPrefix } from '../requests/approval-file.ts'

/** What people ask for, and how others decide on it. */
export const prefixesOfRequests = [requestPrefix, approvalPrefix] as const

export function isOfRequest(input: string): boolean {
  return prefixesOfRequests.some((prefix) => input.startsWith(prefix))
}

/** What is about one person each, or one group. The file of attributes, a whole key, is looked at beside them. */
export const prefixesOfPeople = [
  suspensionPrefix,
  peoplePrefix,
  groupPrefix,
  membershipPrefix,
  rulePrefix,
  attributesKey,
] as const

/** How the keys of all inputs begin that S3 has to tell of. */
export const inputPrefixes = [linkPrefix, permissionSetPrefix, ...prefixesOfRequests, ...prefixesOfPeople] as const
