import * as z from 'zod'
import {
  applicationArn,
  type EntitlementId,
  type EntitlementKey,
  entitlementKey,
  entitlementOf,
  parseEntitlementKey,
  roleArn,
} from '../../domain/assignments/entitlement.ts'
import type { Author } from '../../domain/by-hand/author.ts'
import { record } from '../../domain/json/record.ts'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { followAccess, renderAccessKey } from './access-list.ts'
import { foreignAccess } from './foreign-assignments.ts'
import { recordHistory } from './history.ts'
import { JsonRecord } from './json-record.ts'

/** An entitlement of account access manager. ssofile never changes it, and no decision reads it. */
const foreignEntitlement = record({
  v: z.literal(1),
  /** The principal's name when it was found; its id if no link can spell the name. */
  principal: principalName,
  principalId,
  roleArn,
  application: applicationArn,
  seenAt: z.iso.datetime(),
})
export type ForeignEntitlement = Readonly<z.infer<typeof foreignEntitlement>>
const recordOf = (objects: ObjectStore, key: EntitlementKey) =>
  new JsonRecord(objects, foreignAccess.at + key, foreignEntitlement)

export type ListedEntitlement = EntitlementId & { readonly key: EntitlementKey }

/** The entitlements under `foreign/` with this beginning, ascending; skips assignments. */
export async function* listEntitlementKeys(objects: ReadingObjects, beginning = ''): AsyncGenerator<ListedEntitlement> {
  for await (const { key } of objects.list(foreignAccess.at + beginning)) yield* parseForeignEntitlement(key)
}

export function parseForeignEntitlement(object: string): readonly ListedEntitlement[] {
  const text = object.slice(foreignAccess.at.length)
  const id = parseEntitlementKey(text)
  return id === undefined ? [] : [{ ...id, key: entitlementKey.parse(text) }]
}

export async function readEntitlement(
  objects: ObjectStore,
  key: EntitlementKey,
): Promise<ForeignEntitlement | undefined> {
  return (await recordOf(objects, key).read())?.value
}

/** History first, as for assignments; then the record, then `access/`. An entitlement known under another name gets the new one. */
export async function writeEntitlement(
  objects: ObjectStore,
  key: EntitlementKey,
  found: Omit<ForeignEntitlement, 'v' | 'principalId'> & { readonly by?: Author | undefined },
  known: ForeignEntitlement | undefined,
): Promise<void> {
  const { by, ...rest } = found
  if (known === undefined) await tell(objects, key, 'foreign-found', rest, { at: found.seenAt, by })
  await recordOf(objects, key).overwrite({ v: 1, principalId: entitlementOf(key).principalId, ...rest })
  const before = known && renderAccessKey(key, known.principal, 'foreign')
  await followAccess(objects, key, { before, after: renderAccessKey(key, found.principal, 'foreign') })
}

/** The entitlement is gone since this instant. */
export async function removeEntitlement(
  objects: ObjectStore,
  key: EntitlementKey,
  known: ForeignEntitlement,
  at: string,
): Promise<void> {
  await tell(objects, key, 'foreign-gone', known, { at })
  await objects.delete(foreignAccess.at + key)
  await followAccess(objects, key, { before: renderAccessKey(key, known.principal, 'foreign'), after: undefined })
}

function tell(
  objects: ObjectStore,
  key: EntitlementKey,
  event: 'foreign-found' | 'foreign-gone',
  { principal, roleArn: arn }: Pick<ForeignEntitlement, 'principal' | 'roleArn'>,
  { at, by }: { readonly at: string; readonly by?: Author | undefined },
): Promise<void> {
  const access = { principal, roleArn: arn, links: [] }
  return recordHistory(objects, { key, event, at, access, confirmedAt: at, by })
}
