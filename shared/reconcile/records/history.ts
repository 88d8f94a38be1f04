import type { Assignment, AssignmentKey } from '../../domain/assignment.ts'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import type { Access } from '../../domain/ledger-entry.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { PermissionSetEvent } from './owned-permission-sets.ts'
import { renderJson } from './stored-json.ts'

const historyEvents = ['granted', 'revoked', 'adopted', 'released'] as const
export type HistoryEvent = (typeof historyEvents)[number]

export type HistoryRecord = {
  readonly key: AssignmentKey
  readonly event: HistoryEvent
  /** The instant of the call, from the ledger entry, so that a repeated run writes the same key. */
  readonly at: string
  readonly access: Access
  readonly confirmedAt: string
}

export function recordHistory(objects: ObjectStore, record: HistoryRecord): Promise<void> {
  const { key, event, at, access, confirmedAt } = record
  const { principalId, permissionSetArn, links, call } = access
  const body = { confirmedAt, principalId, permissionSetArn, requestId: call?.id, links }
  return writeOnce(objects, historyFolder(key), { event, at, body })
}

type WrittenOnce<Event> = { readonly event: Event; readonly at: string; readonly body: object }

/** `at` is from the record, so that a repeated run writes the same key. */
export function recordPermissionSetHistory(
  objects: ObjectStore,
  name: PermissionSetName,
  record: WrittenOnce<PermissionSetEvent>,
): Promise<void> {
  return writeOnce(objects, `history/permission-set%${name}/`, record)
}

/** Written twice, the first stands. */
async function writeOnce(objects: ObjectStore, folder: string, { event, at, body }: WrittenOnce<string>) {
  const text = renderJson({ v: 1, event, at, ...body })
  await objects.put(`${folder}${at}%${event}.json`, text, { ifNoneMatch: '*' })
}

/**
 * Whether access of this principal to this permission set in this account was revoked by us within the last `withinMs`, by
 * S3's clock: a listing may still show it. Under any name, since the principal may have had another one then.
 */
export async function wasRevokedWithin(
  objects: ObjectStore,
  { accountId, permissionSet }: Assignment,
  principalId: PrincipalId,
  withinMs: number,
): Promise<boolean> {
  const heads = await Array.fromAsync(objects.list(`history/account%${accountId}%${permissionSet}%`))
  const revoked = heads.filter(({ key }) => key.endsWith('%revoked.json'))
  for (const { key } of revoked.sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime())) {
    const found = await objects.get(key)
    if (found === undefined) continue
    if (found.servedAt.getTime() - found.lastModified.getTime() >= withinMs) return false
    // Written once by ourselves; the id of a principal stands in no other field.
    if (new TextDecoder().decode(found.body).includes(principalId)) return true
  }
  return false
}

/** The events of an assignment, ascending by instant: one listing. */
export async function listHistory(
  objects: ObjectStore,
  key: AssignmentKey,
): Promise<readonly { readonly at: string; readonly event: HistoryEvent }[]> {
  const folder = historyFolder(key)
  const heads = await Array.fromAsync(objects.list(folder))
  return heads.flatMap(({ key: object }) => {
    const [at = '', name = ''] = object.slice(folder.length).split('%')
    const event = historyEvents.find((known) => `${known}.json` === name)
    return event === undefined ? [] : [{ at, event }]
  })
}

/** Without the suffix of links: here the name is a folder. */
function historyFolder(key: AssignmentKey): string {
  return `history/${key.replace(/%ssofile$/, '')}/`
}
