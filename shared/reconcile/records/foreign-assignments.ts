import * as z from 'zod'
import type { AssignmentKey } from '../../domain/assignment.ts'
import { permissionSetArn, principalId } from '../../domain/identity-center-ids.ts'
import { grantingLink } from '../../domain/ledger-entry.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'

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

export async function readForeign(objects: ObjectStore, key: AssignmentKey) {
  return (await foreignRecord(objects, key).read())?.value
}
