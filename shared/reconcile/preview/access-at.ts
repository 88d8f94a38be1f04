import type { AccountId } from '../../domain/account-id.ts'
import { type Assignment, parseAssignmentKey } from '../../domain/assignment.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { isEnd, type ListedEvent, listAllHistory, readHistoryEvent, type ToldEvent } from '../records/history.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import type { KnownAccess } from './recorded-access.ts'

export type AccessAt = {
  readonly access: readonly KnownAccess[]
  /** The first instant of which history tells, of the accounts that were asked for. Absent: of none. */
  readonly since?: string | undefined
  /** Keys that cannot be read. */
  readonly unread: readonly string[]
}

/** The access of ssofile's that was in force at an instant, folded from `history/`; sorted by its key. */
export async function listAccessAt(
  objects: ObjectStore,
  at: Date,
  { account, isWanted }: { readonly account?: AccountId | undefined; readonly isWanted: (one: Assignment) => boolean },
): Promise<AccessAt> {
  const listed: ListedEvent[] = []
  let since: string | undefined
  for await (const event of listAllHistory(objects, account)) {
    if (since === undefined || event.at < since) since = event.at
    // An end counts from when it was confirmed, which is later.
    if (Date.parse(event.at) <= at.getTime()) listed.push(event)
  }
  const told: ToldEvent[] = []
  const unread: string[] = []
  await forEachAtOnce(listed, async (event) => {
    const read = await readHistoryEvent(objects, event)
    if (read) told.push(read)
    else unread.push(event.head.key)
  })
  const byAccess = Map.groupBy(told, ({ folder, principalId, permissionSetArn }) =>
    [folder, principalId, permissionSetArn].join(' '),
  )
  const access = [...byAccess.values()].flatMap((events) => foldEvents(events, at))
  const wanted = access.filter((one) => isWanted(one) && (account === undefined || one.accountId === account))
  return { access: wanted.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)), since, unread: unread.sort() }
}

/**
 * The events of one access, in any order. It is there from its last beginning (`granted`, `adopted`) on, unless an end
 * (`revoked`, `released`) that was called after it was confirmed by `at`. At one instant it ended first, as where the
 * record is renewed.
 */
function foldEvents(events: readonly ToldEvent[], at: Date): readonly KnownAccess[] {
  const isBy = (instant: string) => Date.parse(instant) <= at.getTime()
  const [begun] = events
    .filter(({ event, at: began }) => !isEnd(event) && isBy(began))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
  const assignment = begun && parseAssignmentKey(begun.assignment)
  if (!begun || !assignment) return []
  const isOver = events.some(
    ({ event, at: ended, confirmedAt }) =>
      isEnd(event) && isBy(confirmedAt) && Date.parse(ended) > Date.parse(begun.at),
  )
  const { principalId, permissionSetArn, links, at: since } = begun
  return isOver ? [] : [{ ...assignment, principalId, permissionSetArn, links, since, state: 'granted' }]
}

function sortKey({ accountId, permissionSet, principal, type }: KnownAccess): string {
  return [accountId, permissionSet, principal, type].join('%')
}
