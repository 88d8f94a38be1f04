import type { AssignmentKey } from '../domain/assignment.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { renderJson } from './stored-json.ts'

const historyEvents = ['granted', 'revoked', 'adopted', 'released'] as const
export type HistoryEvent = (typeof historyEvents)[number]

export type HistoryRecord = {
  readonly key: AssignmentKey
  readonly event: HistoryEvent
  /** The instant of the call that led to it, from the ledger entry, so that a replay writes the same key. */
  readonly at: string
  readonly entry: LedgerEntry
  readonly confirmedAt: string
}

/** Writes one write-once object under `history/`. Written twice, the first stands. */
export async function recordHistory(
  objects: ObjectStore,
  { key, event, at, entry, confirmedAt }: HistoryRecord,
): Promise<void> {
  const { principalId, permissionSetArn, links, call } = entry
  const body = { v: 1, event, at, confirmedAt, principalId, permissionSetArn, requestId: call?.id, links }
  await objects.put(`${historyFolder(key)}${at}%${event}.json`, renderJson(body), { ifNoneMatch: '*' })
}

/** What happened to an assignment and when, ascending: one listing. */
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

/** The suffix makes a link of a name; here the name stands for a folder. */
function historyFolder(key: AssignmentKey): string {
  return `history/${key.replace(/%ssofile$/, '')}/`
}
