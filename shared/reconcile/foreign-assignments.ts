import * as z from 'zod'
import type { AssignmentKey } from '../domain/assignment.ts'
import { permissionSetArn, principalId } from '../domain/identity-center-ids.ts'
import { grantingLink } from '../domain/ledger-entry.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { readJson, renderJson, type Stored } from './stored-json.ts'

export const foreignPrefix = 'foreign/'

/** An assignment that was there before any link of ours granted it: never revoked by ssofile. */
const foreignAssignment = z.strictObject({
  v: z.literal(1),
  principalId,
  permissionSetArn,
  /** The links that grant it too, as they were when it was last seen. */
  links: z.array(grantingLink),
  seenAt: z.iso.datetime(),
})
export type ForeignAssignment = z.infer<typeof foreignAssignment>

export async function readForeign(objects: ObjectStore, key: AssignmentKey): Promise<ForeignAssignment | undefined> {
  return (await readJson(objects, foreignPrefix + key, foreignAssignment))?.value
}

export async function recordForeign(
  objects: ObjectStore,
  key: AssignmentKey,
  foreign: ForeignAssignment,
): Promise<void> {
  await objects.put(foreignPrefix + key, renderJson(foreign))
}

/** Found without any link that grants it; one that is recorded already keeps its links. */
export async function recordFound(objects: ObjectStore, key: AssignmentKey, foreign: ForeignAssignment): Promise<void> {
  await objects.put(foreignPrefix + key, renderJson(foreign), { ifNoneMatch: '*' })
}

export function readStoredForeign(
  objects: ObjectStore,
  key: AssignmentKey,
): Promise<Stored<ForeignAssignment> | undefined> {
  return readJson(objects, foreignPrefix + key, foreignAssignment)
}

/** It is gone: forgotten, unless somebody recorded it anew meanwhile. */
export async function forgetGone(objects: ObjectStore, key: AssignmentKey, etag: string): Promise<boolean> {
  return (await objects.delete(foreignPrefix + key, { ifMatch: etag })) === 'deleted'
}

export async function forgetForeign(objects: ObjectStore, key: AssignmentKey): Promise<void> {
  await objects.delete(foreignPrefix + key)
}
