import type { LedgerCount } from '../../domain/assignments/ledger-loss.ts'
import { ownedGroupPrefix } from '../../domain/files/group-file.ts'
import { ownedMembershipPrefix } from '../../domain/principals/owned-membership.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { joinStories, type Story } from './history.ts'
import { renderNameInKey } from './name-in-key.ts'
import { changesByDate, parseChangeKey, startOfChanges } from './tell-event.ts'

/** The ledger of groups and memberships. It is counted and guarded like the ledger of access. */
export const peopleLedgerPrefixes = [ownedGroupPrefix, ownedMembershipPrefix] as const
/** The folders in history for these two. */
const historyPrefixes = ['history/groups/', 'history/memberships/'] as const

const beginnings: ReadonlySet<string> = new Set(['created', 'adopted', 'added'])
const ends: ReadonlySet<string> = new Set(['deleted', 'given-up', 'removed'])
const begunInChanges: ReadonlySet<string> = new Set(['group-created', 'group-adopted', 'membership-added'])
/** ssofile may write a key under `changes/` this long after the instant in the key. */
const writtenAfterMs = 60 * 60_000

export type PeopleEvent = {
  readonly folder: string
  readonly event: string
  readonly at: string
  readonly isEnd: boolean
  readonly head: ObjectHead
}

/** The last beginning or end of each group and membership, by its folder in history. `since`: by S3's clock, in whole seconds. */
export async function listPeopleStories(
  objects: ObjectStore,
  since: Date,
): Promise<ReadonlyMap<string, Story<PeopleEvent>>> {
  const events: PeopleEvent[] = []
  for (const prefix of historyPrefixes)
    for await (const head of objects.list(prefix)) if (head.lastModified >= since) events.push(...parseEvent(head))
  return joinStories(events, compareNewestFirst, ({ isEnd }) => !isEnd)
}

/** One event, or none if the event neither begins nor ends anything. */
function parseEvent(head: ObjectHead): readonly PeopleEvent[] {
  const end = head.key.lastIndexOf('/') + 1
  const [at = '', name = ''] = head.key.slice(end).split('%')
  const event = name.replace(/\.json$/, '')
  const isEnd = ends.has(event)
  return isEnd || beginnings.has(event) ? [{ folder: head.key.slice(0, end), event, at, isEnd, head }] : []
}

/**
 * Compares events by S3's clock, and within one of its seconds by their own instants. At one instant the end is newer. If ssofile adds a
 * user again, the removal has an earlier instant.
 */
function compareNewestFirst(a: PeopleEvent, b: PeopleEvent): number {
  const rankOf = ({ isEnd }: PeopleEvent) => (isEnd ? 0 : 1)
  const written = b.head.lastModified.getTime() - a.head.lastModified.getTime()
  return written || Date.parse(b.at) - Date.parse(a.at) || rankOf(a) - rankOf(b)
}

/** The folders in history of all present entries. */
async function listPeoplePresent(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const present = new Set<string>()
  for await (const { key } of objects.list(ownedGroupPrefix))
    present.add(`history/groups/${renderNameInKey(key.slice(ownedGroupPrefix.length))}/`)
  for await (const { key } of objects.list(ownedMembershipPrefix))
    present.add(`history/memberships/${key.slice(ownedMembershipPrefix.length)}/`)
  return present
}

/** `settled`: the number of entries that history calls ours. */
export async function listPeopleLedger(objects: ObjectStore) {
  const present = await listPeoplePresent(objects)
  const stories =
    present.size > 0 ? await listPeopleStories(objects, new Date(0)) : new Map<string, Story<PeopleEvent>>()
  const settled = [...present].filter((folder) => stories.get(folder)?.last.isEnd === false).length
  return { all: present.size, settled }
}

/** Counts entries that began since then, have not ended according to history, and are gone. */
export async function countPeopleBegun(objects: ObjectStore, since: Date): Promise<number> {
  const present = await listPeoplePresent(objects)
  const stories = await listPeopleStories(objects, since)
  return [...stories].filter(([folder, { last }]) => !last.isEnd && !present.has(folder)).length
}

export async function findPeopleLacking(objects: ObjectStore, { begunSince }: LedgerCount) {
  const all = (await listPeoplePresent(objects)).size
  const since = wholeSecond(begunSince)
  const startAfter = startOfChanges(renderInstant(new Date(Math.max(0, since.getTime() - writtenAfterMs))))
  for await (const { key, lastModified } of objects.list(changesByDate.at, { startAfter })) {
    const isBegun = begunInChanges.has(parseChangeKey(key)?.event ?? '')
    if (isBegun && lastModified >= since) return { all, lacking: await countPeopleBegun(objects, since) }
  }
  return { all, lacking: 0 }
}

export async function countPeopleEnded(objects: ObjectStore, { at, until }: LedgerCount): Promise<number> {
  const present = await listPeoplePresent(objects)
  const stories = await listPeopleStories(objects, wholeSecond(at))
  return [...stories].filter(([folder, { last, beganAt }]) => {
    const isCounted = beganAt === undefined || beganAt.getTime() <= Date.parse(until)
    return last.isEnd && isCounted && !present.has(folder)
  }).length
}

/** S3 dates objects in whole seconds. */
function wholeSecond(instant: string): Date {
  return new Date(Math.floor(Date.parse(instant) / 1000) * 1000)
}
