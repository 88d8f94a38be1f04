import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { readStored } from '../../reconcile/records/stored-json.ts'

/** The people of a reviewing group when the run began. Written once. */
const members = record({ v: z.literal(1), name: z.string(), members: z.array(principalId) })
const membersKey = (folder: string, group: PrincipalId) => `${folder}reviewers/${group}.json`

/** The people of this group when the run began. */
export async function membersThen(
  { folder, group }: { readonly folder: string; readonly group: PrincipalId },
  objects: ReadingObjects,
): Promise<ReadonlySet<PrincipalId>> {
  return new Set((await readStored(objects, membersKey(folder, group), members))?.value.members)
}

/** Those of these groups in which the person was when the run began. */
export async function wereIn(
  user: PrincipalId,
  { folder, groups }: { readonly folder: string; readonly groups: Iterable<PrincipalId> },
  objects: ReadingObjects,
): Promise<ReadonlySet<PrincipalId>> {
  const read = await Promise.all(
    [...groups].map(async (group) => ({ group, of: await membersThen({ folder, group }, objects) })),
  )
  return new Set(read.flatMap(({ group, of }) => (of.has(user) ? [group] : [])))
}

export async function freezeMembers(
  { folder, group, name }: { readonly folder: string; readonly group: PrincipalId; readonly name: string },
  all: readonly PrincipalId[],
  objects: ObjectStore,
): Promise<void> {
  await new JsonRecord(objects, membersKey(folder, group), members).write({ v: 1, name, members: [...all] }, undefined)
}
