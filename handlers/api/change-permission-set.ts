import { isJsonObject } from '../../shared/domain/json/json-faults.ts'
import { type JsonObject, parseStrictJson } from '../../shared/domain/json/strict-json.ts'
import {
  parsePermissionSetKey,
  permissionSetFileMostBytes,
  permissionSetPrefix,
} from '../../shared/domain/permission-sets/permission-set-file.ts'
import { readInput } from '../../shared/reconcile/records/read-input.ts'
import { type Answer, refusal } from './answer.ts'
import { type Change, type ChangeSources, change, refuseExisting, refuseMissing } from './change-input.ts'
import type { PermissionSetRequest } from './change-requests.ts'

export async function changePermissionSet(
  { action, permissionSetData }: PermissionSetRequest,
  about: Pick<Change, 'caller' | 'statusPath'>,
  context: ChangeSources,
): Promise<Answer> {
  const { objects } = context.ports
  const key = `${permissionSetPrefix}${permissionSetData.permissionSetName}.json`
  const name = parsePermissionSetKey(key)
  if (!name.ok) {
    const { received, expected, remedy } = name.complaint
    return refusal(400, [{ key, received, expected, remedy }])
  }
  return change({ ...about, action, key }, context, async () => {
    if (action === 'create') {
      if ((await objects.head(key)) === undefined) return { there: undefined, body: render(permissionSetData) }
      return refuseExisting(key, 'send the action "update" with the fields that are to be different')
    }
    if (action === 'delete') {
      const there = await objects.head(key)
      return there === undefined ? refuseMissing(key) : { there, body: 'deleted' }
    }
    const found = await readInput(objects, key, { mostBytes: permissionSetFileMostBytes })
    if (found === undefined) return refuseMissing(key)
    if ('complaint' in found) return refuseToMerge(key, found.complaint.received)
    const present = parseStrictJson(key, found.body)
    if (!present.ok) return refuseToMerge(key, present.complaint.received)
    if (!isJsonObject(present.value)) return refuseToMerge(key, 'a file that is no JSON object')
    return { there: found, body: render(merge(present.value, permissionSetData)) }
  })
}

/** The fields given replace those that are there; `null` takes one away. */
function merge(present: JsonObject, given: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...present, ...given }).filter(([, value]) => value !== null))
}

function render(permissionSet: JsonObject): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(permissionSet, undefined, 2)}\n`)
}

function refuseToMerge(key: string, received: string): Answer {
  return refusal(409, [
    {
      key,
      received,
      expected: 'a permission set in the bucket, with the fields that change',
      remedy: 'delete the permission set and create it again with all its fields',
    },
  ])
}
