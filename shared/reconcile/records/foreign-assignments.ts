import * as z from 'zod'
import { type Assignment, type AssignmentKey, parseAssignmentKey } from '../../domain/assignment.ts'
import { permissionSetArn, principalId } from '../../domain/identity-center-ids.ts'
import { grantingLink, ledgerPrefix } from '../../domain/ledger-entry.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'
import { listAssignmentKeys } from './ledger.ts'

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

export async function readForeign(objects: ObjectStore, key: AssignmentKey) {
  return (await foreignRecord(objects, key).read())?.value
}
