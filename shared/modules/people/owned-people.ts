import { type OwnedPerson, ownedPerson, ownedPersonPrefix } from '../../domain/files/person-file.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'

/** ssofile's record of a user that it made or adopted. */
export function ownedPersonRecord(objects: ObjectStore, name: PrincipalName): JsonRecord<OwnedPerson> {
  return new JsonRecord(objects, ownedPersonPrefix + name, ownedPerson)
}

/** The names of all users that ssofile made or adopted, ascending. */
export async function* listOwnedPeople(objects: ObjectStore): AsyncGenerator<PrincipalName> {
  for await (const { key } of objects.list(ownedPersonPrefix)) {
    const name = principalName.safeParse(key.slice(ownedPersonPrefix.length)).data
    if (name !== undefined) yield name
  }
}
