import type { LedgerCount } from '../../domain/assignments/ledger-loss.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import { ownedGroupPrefix } from '../../domain/people/group-file.ts'
import { ownedMembershipPrefix } from '../../domain/people/owned-membership.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { joinStories, type Story } from './history.ts'
import { changesPrefix, parseChangeKey, startOfChanges } from './tell-event.ts'

/** Groups and memberships that ssofile made: a ledger too, counted and guarded as that of access is. */
export const peopleLedgerPrefixes = [ownedGroupPrefix, ownedMembershipPrefix] as const
/** What history has of each: an object's folder. */
const historyPrefixes = ['history/groups/', 'history/memberships/'] as const

const beginnings: ReadonlySet<string> = new Set(['created', 'adopted', 'added'])
const ends: ReadonlySet<string> = new Set(['deleted', 'given-up', 'removed'])
const begunInChanges: ReadonlySet<string> = new Set(['group-created', 'group-adopted', 'membership-added'])
/** The instant in a key of `changes/` may be so long before it was written. */
const writtenAfterMs = 60 * 60_000

export type PeopleEvent = {
  readonly folder: string
  readonly event: string
  readonly at: string
  readonly isEnd: boolean
  readonly head: ObjectHead
}

/** How each group and membership began or ended last, by its folder in history; `since`: by S3's clock, in whole seconds. */
export async function listPeopleStories(
  objects: ObjectStore,
  since: Date,
): Promise<ReadonlyMap<string, Story<PeopleEvent>>> {
  const events: PeopleEvent[] = []
  for (const prefix of historyPrefixes)
    for await (const head of objects.list(prefix)) if (head.lastModified >= since) events.push(...parseEvent(head))
  return joinStories(events, compareNewestFirst, ({ isEnd }) => !isEnd)
}

/** One or none: of what only changed nothing began or ended. */
function parseEvent(head: ObjectHead): readonly PeopleEvent[] {
  const end = head.key.lastIndexOf('/') + 1
  const [at = '', name = ''] = head.key.slice(end).split('%')
  const event = name.replace(/\.json$/, '')
  const isEnd = ends.has(event)
  return isEnd || beginnings.has(event) ? [{ folder: head.key.slice(0, end), event, at, isEnd, head }] : []
}

/** By S3's clock; within one of its seconds by the instants of the events. At one instant it began first: who is put in again was out before. */
function compareNewestFirst(a: PeopleEvent, b: PeopleEvent): number {
  const rankOf = ({ isEnd }: PeopleEvent) => (isEnd ? 0 : 1)
  const written = b.head.lastModified.getTime() - a.head.lastModified.getTime()
  return written || Date.parse(b.at) - Date.parse(a.at) || rankOf(a) - rankOf(b)
}

/** The folders in history of all entries that are there. */
async function listPeoplePresent(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const present = new Set<string>()
  for await (const { key } of objects.list(ownedGroupPrefix))
    present.add(`history/groups/${renderNameInKey(key.slice(ownedGroupPrefix.length))}/`)
  for await (const { key } of objects.list(ownedMembershipPrefix))
    present.add(`history/memberships/${key.slice(ownedMembershipPrefix.length)}/`)
  return present
}

/** `settled`: the entries of which history says that they are ours. */
export async function listPeopleLedger(objects: ObjectStore) {
  const present = await listPeoplePresent(objects)
  const stories =
    present.size > 0 ? await listPeopleStories(objects, new Date(0)) : new Map<string, Story<PeopleEvent>>()
  const settled = [...present].filter((folder) => stories.get(folder)?.last.isEnd === false).length
  return { all: present.size, settled }
}

/** How many began since then, have not ended, and are gone. */
export async function countPeopleBegun(objects: ObjectStore, since: Date): Promise<number> {
  const present = await listPeoplePresent(objects)
  const stories = await listPeopleStories(objects, since)
  return [...stories].filter(([folder, { last }]) => !last.isEnd && !present.has(folder)).length
}

export async function findPeopleLacking(objects: ObjectStore, { begunSince }: LedgerCount) {
  const all = (await listPeoplePresent(objects)).size
  const since = wholeSecond(begunSince)
  const startAfter = startOfChanges(renderInstant(new Date(Math.max(0, since.getTime() - writtenAfterMs))))
  for await (const { key, lastModified } of objects.list(changesPrefix, { startAfter })) {
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

/** S3 dates objects so. */
function wholeSecond(instant: string): Date {
  return new Date(Math.floor(Date.parse(instant) / 1000) * 1000)
}
