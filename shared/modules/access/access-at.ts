import { type AccessId, parseAssignmentKey } from '../../domain/assignments/assignment.ts'
import { parseEntitlementKey } from '../../domain/assignments/entitlement.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import {
  type HistoryEvent,
  isBeginning,
  isEnd,
  type ListedEvent,
  listAllHistory,
  readHistoryEvent,
  type ToldEvent,
} from '../../reconcile/records/history.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import type { AnyAccess, KnownAccess } from './recorded-access.ts'

export type AccessAt = {
  readonly access: readonly AnyAccess[]
  /** The first instant in history for the accounts in question. Absent: history has nothing about them. */
  readonly since?: string | undefined
  /** Keys of unreadable objects. */
  readonly unread: readonly string[]
}

/** The access in force at an instant, as far as ssofile knew it, from `history/`; sorted by its key. */
export async function listAccessAt(
  objects: ObjectStore,
  at: Date,
  { account, isWanted }: { readonly account?: AccountId | undefined; readonly isWanted: (one: AccessId) => boolean },
): Promise<AccessAt> {
  const listed: ListedEvent[] = []
  let since: string | undefined
  for await (const event of listAllHistory(objects, account)) {
    if (since === undefined || event.at < since) since = event.at
    // The end counts from its confirmation, which is later.
    if (Date.parse(event.at) <= at.getTime()) listed.push(event)
  }
  const told: ToldEvent[] = []
  const unread: string[] = []
  await forEachAtOnce(listed, async (event) => {
    const read = await readHistoryEvent(objects, event)
    if (read) told.push(read)
    else unread.push(event.head.key)
  })
  const byAccess = Map.groupBy(told, (one) =>
    [one.folder, 'roleArn' in one ? one.roleArn : one.permissionSetArn].join(' '),
  )
  const access = [...byAccess.values()].flatMap((events) => foldEvents(events, at))
  const wanted = access.filter((one) => isWanted(one) && (account === undefined || one.accountId === account))
  return { access: wanted.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)), since, unread: unread.sort() }
}

/**
 * The events of one access, in any order. It is ours from its last beginning (`granted`, `adopted`) on, unless an end (`revoked`,
 * `released`) that was called after it was confirmed by `at`. At one instant it ended first, as where the record is renewed. Its links are
 * those of the last `terms-changed`, if any. Else it is foreign from its last `foreign-found` on, unless it was gone, or ours, since.
 */
function foldEvents(events: readonly ToldEvent[], at: Date): readonly AnyAccess[] {
  const isBy = (instant: string) => Date.parse(instant) <= at.getTime()
  const lastOf = (isMeant: (event: HistoryEvent) => boolean) =>
    events
      .filter((one) => isMeant(one.event) && isBy(one.at))
      .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
      .at(0)
  const isAfter = (one: ToldEvent | undefined, other: ToldEvent) =>
    one !== undefined && Date.parse(one.at) >= Date.parse(other.at)
  const begun = lastOf(isBeginning)
  const isOver = (from: ToldEvent) =>
    events.some(
      ({ event, at: ended, confirmedAt }) =>
        isEnd(event) && isBy(confirmedAt) && Date.parse(ended) > Date.parse(from.at),
    )
  if (begun && !isOver(begun)) {
    const terms = lastOf((event) => event === 'terms-changed')
    const { links } = terms && isAfter(terms, begun) ? terms : begun
    return describe(begun, { links, state: 'granted' })
  }
  const found = lastOf((event) => event === 'foreign-found')
  const gone = lastOf((event) => event === 'foreign-gone' || isBeginning(event))
  return found && !isAfter(gone, found) ? describe(found, { links: [], state: 'foreign' }) : []
}

function describe(told: ToldEvent, more: Pick<KnownAccess, 'links' | 'state'>): readonly AnyAccess[] {
  const { assignment: key, principal, at, grantedAt: since = at } = told
  if ('roleArn' in told) {
    const entitlement = parseEntitlementKey(key)
    const { roleArn } = told
    return entitlement ? [{ ...entitlement, principal, roleArn, since, links: [], state: 'foreign' }] : []
  }
  const assignment = parseAssignmentKey(key)
  return assignment ? [{ ...assignment, principal, permissionSetArn: told.permissionSetArn, since, ...more }] : []
}

function sortKey({ accountId, permissionSet, principal, type }: AnyAccess): string {
  return [accountId, permissionSet, principal, type].join('%')
}
