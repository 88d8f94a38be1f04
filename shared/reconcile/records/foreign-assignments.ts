import * as z from 'zod'
import { type Assignment, type AssignmentKey, parseAssignmentKey } from '../../domain/assignment.ts'
import { permissionSetArn, principalId } from '../../domain/identity-center-ids.ts'
import { type AccessIds, grantingLink, isSameAccess, ledgerPrefix } from '../../domain/ledger-entry.ts'
import { record } from '../../domain/record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { recordHistory } from './history.ts'
import { JsonRecord } from './json-record.ts'
import { listAssignmentKeys } from './ledger.ts'
import { spoiledAsAbsent } from './stored-json.ts'

export const foreignPrefix = 'foreign/'

/** An assignment that was there before any link of ours granted it: never revoked by ssofile. */
const foreignAssignment = record({
  v: z.literal(1),
  principalId,
  permissionSetArn,
  /** The links that grant it too, as they were when it was last seen. */
  links: z.array(grantingLink),
  seenAt: z.iso.datetime(),
})
export const foreignRecord = (objects: ObjectStore, key: AssignmentKey) =>
  new JsonRecord(objects, foreignPrefix + key, foreignAssignment)

export type KnownAssignment = {
  readonly key: AssignmentKey
  readonly assignment: Assignment
  readonly isForeign: boolean
}

/** All access: what has a key under `assignments/`, then under `foreign/`, with this beginning. */
export async function* listKnown(objects: ObjectStore, beginning = ''): AsyncGenerator<KnownAssignment> {
  for (const prefix of [ledgerPrefix, foreignPrefix]) {
    for await (const key of listAssignmentKeys(objects, prefix, beginning)) {
      const assignment = parseAssignmentKey(key)
      if (assignment) yield { key, assignment, isForeign: prefix === foreignPrefix }
    }
  }
}

/** History says so first: a process that dies before the record says so tells it again. */
export function tellForeign(
  objects: ObjectStore,
  {
    key,
    event,
    at,
  }: { readonly key: AssignmentKey; readonly event: 'foreign-found' | 'foreign-gone'; readonly at: string },
  { principalId, permissionSetArn }: AccessIds,
): Promise<void> {
  const access = { principalId, permissionSetArn, links: [] }
  return recordHistory(objects, { key, event, at, access, confirmedAt: at })
}

/** Before the record under this key says that others gave this access: tells it, unless it says so already. */
export async function tellFound(objects: ObjectStore, key: AssignmentKey, ids: AccessIds, at: string): Promise<void> {
  const known = await spoiledAsAbsent(readForeign(objects, key))
  if (known && isSameAccess(known, ids)) return
  if (known) await tellForeign(objects, { key, event: 'foreign-gone', at }, known)
  await tellForeign(objects, { key, event: 'foreign-found', at }, ids)
}

export async function readForeign(objects: ObjectStore, key: AssignmentKey) {
  return (await foreignRecord(objects, key).read())?.value
}
