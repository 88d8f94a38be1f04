import * as z from 'zod'
import type { RequestDigest } from '../../domain/requests/access-request.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/** Of which request an upload with this digest is: an approval says no more. It may be lost; the next look writes it again. */
export function requestPointerKey(digest: RequestDigest): string {
  return `state/requests/${digest}`
}

export async function findRequest(objects: ObjectStore, digest: RequestDigest): Promise<string | undefined> {
  const record = new JsonRecord(objects, requestPointerKey(digest), z.object({ key: z.string() }))
  return (await spoiledAsAbsent(record.read()))?.value.key
}
