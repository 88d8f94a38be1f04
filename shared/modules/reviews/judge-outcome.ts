import { type AssignmentKey, assignmentOf, renderAssignmentKey } from '../../domain/assignments/assignment.ts'
import { rulePrefix } from '../../domain/files/rule-file.ts'
import { linkPrefix } from '../../domain/links/link.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import { forEachKnown, foreignAccess } from '../../reconcile/records/foreign-assignments.ts'
import { historyFolder } from '../../reconcile/records/history.ts'
import { ledgerRecords } from '../../reconcile/records/ledger.ts'
import { ownedMembershipRecords } from '../../reconcile/records/owned-groups.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { findPresent } from './carry-out.ts'
import { filesOf, isDeleted, isFileOf, type ReviewItem, type ShownFile, type Subject } from './rules/review-item.ts'
import { findUnreadableLinks } from './unreadable-links.ts'

type Judging = {
  readonly objects: ReadingObjects
  readonly identityStore: Pick<IdentityStore, 'getGroupMembershipId'>
} & Parameters<typeof findUnreadableLinks>[1]
/** Access that is there now. `by`: the files and records that give it. `isUnread`: a file that nobody can read may give some of it. */
type Left = {
  readonly is: 'given' | 'going' | 'gone'
  readonly by: readonly ShownFile[]
  readonly isUnread?: boolean
}
type Unreadable = () => ReturnType<typeof findUnreadableLinks>
const unsettled: ReadonlySet<string> = new Set(['applying', 'revoking'])
type KnownAccess = ReadonlyMap<AssignmentKey, { readonly isForeign: boolean; readonly etag: string }>

/**
 * What became of revoked items, by the access, by ids. The first row that fits counts. `undefined`: not known yet.
 *
 * | item           | its files             | the access | history in some account | outcome                   |
 * | -------------- | --------------------- | ---------- | ----------------------- | ------------------------- |
 * | a setting      |                       |            |                         | not yet: a person looks   |
 * | any            |                       | stays for a link that cannot be read |  | given, by that link |
 * | files deleted  | the loops are at work, also on one that is there again |  |    | not yet                   |
 * | files deleted  | any other             | given      |                         | given, by its own or other files |
 * | any            |                       | given, going |                       | not yet                   |
 * | any            |                       | gone       | has no end              | not yet: a record is lost |
 * | any            |                       | gone       | ended, or never began   | ended, with the proofs    |
 */
export function judgeOutcomes(
  items: readonly ReviewItem[],
  { at, run }: { readonly at: string; readonly run: string },
  context: Judging,
) {
  const wanted = new Set(items.flatMap(({ subject }) => assignmentsOf(subject)))
  const known = once(() => listKnownOf(wanted, context.objects))
  const unreadable = once(() => findUnreadableLinks(wanted, context))
  return async (item: ReviewItem): Promise<Pick<ReviewItem, 'proof' | 'given'> | undefined> => {
    const { subject } = item
    if (subject.kind === 'setting') return undefined
    const mustEnd = isDeleted(item)
    const inWork = mustEnd && (await isInWork(subject, context))
    if (inWork && !(await isAnyOf(unreadable, assignmentsOf(subject)))) return undefined
    const left =
      subject.kind === 'membership'
        ? await findMembership(subject, context)
        : await findAccess(subject, { known: await known(), unreadable, inWork }, context)
    if (inWork && !left.isUnread) return undefined
    const stories = await readStories(item, { from: run, until: at }, context.objects)
    const proof = stories.flatMap((story) => story.end ?? [])
    if (mustEnd && left.is === 'given') {
      const given = new Map(left.by.map((one) => [one.key, one]))
      return { proof, given: [...given.values()] }
    }
    return left.is !== 'gone' || stories.some(({ isThere }) => isThere) ? undefined : { proof }
  }
}

async function isAnyOf(unreadable: Unreadable, keys: readonly AssignmentKey[]): Promise<boolean> {
  const links = await unreadable()
  return keys.some((key) => links.has(key))
}

/** The account assignments that the item is about, by ids. Other items have none. */
function assignmentsOf(subject: Subject): readonly AssignmentKey[] {
  if (subject.kind !== 'link' && subject.kind !== 'foreign') return []
  const { permissionSet, principalId: id, type, accounts } = subject
  return id === undefined
    ? []
    : accounts.map((account) => renderAssignmentKey({ accountId: account, permissionSet, principalId: id, type }))
}

/** Whether a file or record of this key can give the item's access, by its own files or by others. */
export function canGive(subject: Subject, key: string): boolean {
  if (isFileOf(subject, key)) return true
  if (subject.kind === 'membership') return key.startsWith(rulePrefix)
  if (subject.kind !== 'link') return false
  const isOfOthers = assignmentsOf(subject).some((one) => key === foreignAccess.at + one)
  return isOfOthers || (key.startsWith(linkPrefix) && key.includes(`%${subject.permissionSet}%`))
}

/** A deleted file has a status until its loop has finished. A file that is there again may still be about to give the access. */
async function isInWork(subject: Subject, context: Judging): Promise<boolean> {
  const present = new Map((await findPresent(subject, context)).map((head) => [head.key, head]))
  for (const key of new Set([...filesOf(subject).map((file) => file.key), ...present.keys()])) {
    const told = await spoiledAsAbsent(readStatus(context.objects, key))
    const head = present.get(key)
    if (head === undefined ? told !== undefined : told?.etag !== head.etag || unsettled.has(told.state)) return true
  }
  return false
}

/** One listing of all access: there may be half a million. */
async function listKnownOf(wanted: ReadonlySet<AssignmentKey>, objects: ReadingObjects): Promise<KnownAccess> {
  const found = new Map<AssignmentKey, { isForeign: boolean; etag: string }>()
  if (wanted.size > 0)
    await forEachKnown(objects, ({ key, isForeign, etag }) => {
      if (wanted.has(key)) found.set(key, { isForeign, etag })
    })
  return found
}

/** Access whose files are all gone is going: the brake may hold it. */
async function findAccess(
  subject: Subject,
  {
    known,
    unreadable,
    inWork,
  }: { readonly known: KnownAccess; readonly unreadable: Unreadable; readonly inWork: boolean },
  { objects }: Judging,
): Promise<Left> {
  const by: ShownFile[] = []
  let isThere = false
  let isUnread = false
  for (const key of assignmentsOf(subject)) {
    const { isForeign, etag } = known.get(key) ?? {}
    if (etag === undefined) continue
    isThere = true
    if (isForeign) by.push({ key: foreignAccess.at + key, etag })
    else {
      const files = await listFiles((await ledgerRecords.read(objects, key))?.value.links, objects)
      const unread = (inWork || files.length === 0 ? (await unreadable()).get(key) : undefined) ?? []
      isUnread ||= unread.length > 0
      by.push(...files, ...unread)
    }
  }
  return { is: by.length > 0 ? 'given' : isThere ? 'going' : 'gone', by, isUnread }
}

/** A membership that ssofile has no record of is by a provider, or by hand. */
async function findMembership(
  { groupId: group, userId: user }: Extract<Subject, { kind: 'membership' }>,
  { objects, identityStore }: Judging,
): Promise<Left> {
  if ((await identityStore.getGroupMembershipId(group, user)) === undefined) return { is: 'gone', by: [] }
  const entry = (await ownedMembershipRecords.read(objects, { group, user }))?.value
  const by = await listFiles(entry?.files, objects)
  return { is: entry === undefined || by.length > 0 ? 'given' : 'going', by }
}

type RecordedFile = { readonly key: string; readonly by?: { readonly principalId: string } | undefined }

/** Those that are still there. */
async function listFiles(files: readonly RecordedFile[] = [], objects: ReadingObjects): Promise<ShownFile[]> {
  const read = await Promise.all(files.map(async (file) => ({ ...file, head: await objects.head(file.key) })))
  return read.flatMap(({ key, by, head }) => (head ? [{ key, etag: head.etag, by: by?.principalId }] : []))
}

const begins: ReadonlySet<string> = new Set(['granted', 'adopted', 'released', 'foreign-found', 'added'])
const ends: ReadonlySet<string> = new Set(['revoked', 'foreign-gone', 'removed'])

/** S3 dates decisions in whole seconds. */
const wholeSecondMs = 1_000

/** Each account where the access was when it was revoked, or came later. `end`: the key of its last end since then. */
type Story = { readonly of: string; readonly isThere: boolean; readonly end: string | undefined }

/** What history says between these instants, by ids: a renamed group has the same history. `from`: the beginning of the run. */
export async function readStories(
  item: ReviewItem,
  { from, until }: { readonly from: string; readonly until: string },
  objects: ReadingObjects,
): Promise<readonly Story[]> {
  const { subject, decisions, silentAt, end } = item
  const decided = decisions.find(({ user }) => user === end?.by)
  const revokedAt = decided?.at ?? silentAt ?? end?.at ?? until
  const sinceMs = Date.parse(end?.is === 'gone' ? from : revokedAt) - wholeSecondMs
  const stories: Story[] = []
  for (const { of, folder } of historiesOf(subject)) {
    const heads = await Array.fromAsync(objects.list(folder))
    const events = heads
      .flatMap(({ key }) => {
        const [at = '', event = ''] = key.slice(folder.length, -'.json'.length).split('%')
        const isEnd = ends.has(event)
        return (isEnd || begins.has(event)) && at <= until ? [{ key, at, isEnd }] : []
      })
      // At one instant the end comes first: access that others gave becomes ours.
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || Number(b.isEnd) - Number(a.isEnd))
    const isThere = events.at(-1)?.isEnd === false
    const last = events.findLast(({ at, isEnd }) => isEnd && Date.parse(at) >= sinceMs)
    if (isThere || last) stories.push({ of, isThere, end: last?.key })
  }
  return stories
}

function historiesOf(subject: Subject): readonly { readonly of: string; readonly folder: string }[] {
  if (subject.kind === 'membership')
    return [{ of: 'the membership', folder: `history/memberships/${subject.groupId}%${subject.userId}/` }]
  return assignmentsOf(subject).map((key) => ({
    of: `the access in ${assignmentOf(key).accountId}`,
    folder: historyFolder(key),
  }))
}
