import * as z from 'zod'
import { type OwnedPerson, ownedPerson, ownedPersonPrefix } from '../../domain/files/person-file.ts'
import { record } from '../../domain/json/record.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { defineRecords } from '../../reconcile/records/define-record.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'

export const ownedPersonRecords = defineRecords({
  at: ownedPersonPrefix,
  meaning: 'one user that ssofile made or adopted',
  source: { is: 'primary' },
  key: (name: PrincipalName) => name,
  value: ownedPerson,
})

/**
 * If the end of a file under `people/` suspends a renamed person, this record has the name of that file. Its key has the present name of the
 * person, as `suspended/` does. It may be deleted at any time: then the hourly look at the person writes a deleted suspension again.
 */
const fileOfEnded = record({ v: z.literal(1), name: principalName })
export const endedAs = defineRecords({
  at: 'state/ended-as/',
  meaning: 'the file whose end suspends a renamed person',
  source: { is: 'index', of: 'owned_people/' },
  key: (as: PrincipalName) => as,
  value: fileOfEnded,
})

/** Call it before the file under `suspended/` is written. */
export async function noteEndedAs(objects: ObjectStore, name: PrincipalName, as: PrincipalName): Promise<void> {
  if (as !== name) await endedAs.of(objects, as).overwrite({ v: 1, name })
}

/** Looks up the person who is called `as` now and whose file under `people/` ended. `name`: of that file. `undefined`: there is none. */
export async function findEndedAs(
  objects: ObjectStore,
  as: PrincipalName,
): Promise<{ readonly name: PrincipalName; readonly person: OwnedPerson } | undefined> {
  const noted = (await spoiledAsAbsent(endedAs.of(objects, as).read()))?.value.name
  for (const name of noted === undefined ? [as] : [noted, as]) {
    const person = (await ownedPersonRecords.of(objects, name).read())?.value
    if (person?.ended && (person.ended.as ?? name) === as) return { name, person }
  }
  return undefined
}

/** The names of all users that ssofile made or adopted, ascending. */
export async function* listOwnedPeople(objects: ObjectStore): AsyncGenerator<PrincipalName> {
  for await (const { key } of objects.list(ownedPersonPrefix)) {
    const name = principalName.safeParse(key.slice(ownedPersonPrefix.length)).data
    if (name !== undefined) yield name
  }
}
