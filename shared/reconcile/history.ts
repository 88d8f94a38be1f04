import type { AssignmentKey } from '../domain/assignment.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { renderJson } from './stored-json.ts'

export type HistoryEvent = 'granted' | 'revoked' | 'adopted' | 'released'

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
  const assignment = key.replace(/%ssofile$/, '') // the suffix makes a link of a name; here it stands for a folder
  await objects.put(`history/${assignment}/${at}%${event}.json`, renderJson(body), { ifNoneMatch: '*' })
}
