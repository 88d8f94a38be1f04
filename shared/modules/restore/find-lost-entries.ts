import { type AccessNames, isLost } from '../../domain/assignments/access-changes.ts'
import { type AssignmentKey, assignmentOf, isAssignmentKey } from '../../domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerEntry, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { KeyVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { listAssignmentsIn, renderTarget } from '../../reconcile/calls/assignment-listings.ts'
import {
  historyFolder,
  isEnd,
  listLastEvents,
  readHistoryEvent,
  readLastWord,
} from '../../reconcile/records/history.ts'
import { Ledger, ledgerKey, listAssignmentKeys } from '../../reconcile/records/ledger.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { isUnreadable, unlessUnreadable } from '../../reconcile/records/stored-json.ts'
import { type LostSources, readSaved } from './read-saved.ts'
import { judgeLostAccess, type LostVerdict } from './rules/judge-lost-access.ts'

/** `over`: an unreadable object. */
export type LostEntry = {
  readonly key: AssignmentKey
  readonly entry: LedgerEntry
  readonly over?: ObjectHead | undefined
}
export type Undecided = { readonly object: string; readonly why: string }
export type FoundEntries = {
  readonly lost: readonly LostEntry[]
  readonly undecided: readonly Undecided[]
  /** When they were deleted, if versions say so. */
  readonly deletions: readonly Date[]
}

type EntrySources = LostSources & Pick<Ports, 'clock'>

type Candidate = {
  readonly key: AssignmentKey
  readonly over?: ObjectHead
  readonly kept?: KeyVersions
  readonly told?: Omit<AccessNames, 'principalId'>
}
/** `names`: from the last readable version, otherwise from history; absent: unknown. */
type Read = Candidate & { readonly saved: LedgerEntry | undefined; readonly names: AccessNames | undefined }

/** Missing or unreadable ledger entries that are ours by the remaining records. Reads only. */
export async function findLostEntries(context: EntrySources): Promise<FoundEntries> {
  const candidates = await listCandidates(context)
  const read: Read[] = []
  await forEachAtOnce(candidates, async (candidate) => void read.push(await readCandidate(candidate, context)))
  const listed = await listTargets(read, context)
  const lost: LostEntry[] = []
  const undecided: Undecided[] = []
  await forEachAtOnce(read, async ({ key, over, saved, names }) => {
    const now = context.clock.now()
    const verdict = names && (await judge(key, names, saved, listed, context))
    if (verdict?.is === 'ours') {
      const opened = { v: 1 as const, attempts: 0, openUntil: undefined, updatedAt: now.toISOString() }
      lost.push({ key, entry: { ...verdict.access, ...opened }, over })
    } else if (verdict?.is === 'undecided') undecided.push({ object: ledgerKey(key), why: verdict.why })
    else if (over)
      undecided.push({ object: ledgerKey(key), why: 'it cannot be read, and no record says that ssofile manages it' })
  })
  const deletedAt = new Map(read.map(({ key, kept }) => [key, kept?.deletedAt]))
  return {
    lost: lost.sort((a, b) => (a.key < b.key ? -1 : 1)),
    undecided: undecided.sort((a, b) => (a.object < b.object ? -1 : 1)),
    deletions: lost.flatMap(({ key }) => deletedAt.get(key) ?? []),
  }
}

async function judge(
  key: AssignmentKey,
  names: AccessNames,
  saved: LedgerEntry | undefined,
  listed: ReadonlySet<string>,
  context: EntrySources,
): Promise<LostVerdict> {
  const history = await readLastWord(context.history, key)
  const isListed = listed.has(renderTarget(targetOf(key, names)))
  return judgeLostAccess({ names, saved, history, isListed, now: context.clock.now() })
}

/** Keys without a readable ledger object that once had one, by versions or history. */
async function listCandidates({ objects, versions, history }: EntrySources): Promise<readonly Candidate[]> {
  const heads = new Map<string, ObjectHead>()
  for await (const head of objects.list(ledgerPrefix)) heads.set(head.key, head)
  const present: AssignmentKey[] = []
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) present.push(key)
  const broken = new Set<AssignmentKey>()
  await forEachAtOnce(present, async (key) => {
    if (!(await isSound(objects, key))) broken.add(key)
  })
  const sound = new Set(present.filter((key) => !broken.has(key)).map(historyFolder))
  const last = await listLastEvents(history)
  const found = new Map<AssignmentKey, Candidate>()
  for (const key of broken) found.set(key, withHead({ key }, heads))
  for await (const kept of versions.list(ledgerPrefix)) {
    const key = kept.key.slice(ledgerPrefix.length)
    const [newest] = kept.versions
    if (!isAssignmentKey(key) || newest === undefined || sound.has(historyFolder(key))) continue
    const event = last.get(historyFolder(key))
    // Its removal is in history, after everything that was written about it.
    if (!broken.has(key) && event && isEnd(event.event) && event.head.lastModified >= newest.lastModified) continue
    found.set(key, withHead({ key, kept }, heads))
  }
  for (const event of last.values()) {
    if (isEnd(event.event) || sound.has(event.folder)) continue
    const told = await readHistoryEvent(history, event)
    // Foreign access through a role was never in the ledger.
    if (told && 'permissionSetArn' in told)
      found.set(told.assignment, { ...withHead({ key: told.assignment }, heads), ...found.get(told.assignment), told })
  }
  return [...found.values()]
}

function withHead<T extends { readonly key: AssignmentKey }>(candidate: T, heads: ReadonlyMap<string, ObjectHead>) {
  const over = heads.get(ledgerKey(candidate.key))
  return over ? { ...candidate, over } : candidate
}

/** An entry that ssofile wrote only because history knew of a lost one counts as lost. */
const soundEntry = ledgerEntry.refine((entry) => !isLost(entry))

async function isSound(objects: ObjectStore, key: AssignmentKey): Promise<boolean> {
  const read = await unlessUnreadable(new Ledger(objects).read(key))
  return !isUnreadable(read) && read !== undefined && !isLost(read.entry)
}

async function readCandidate(candidate: Candidate, { versions, at }: EntrySources): Promise<Read> {
  const { kept, told } = candidate
  const saved = kept && (await readSaved(versions, kept, soundEntry, at))
  const { principalId } = assignmentOf(candidate.key)
  const names = saved ?? (told && { ...told, principalId })
  return { ...candidate, saved, names }
}

/** The listed assignments of these entries: a call for each account and permission set. */
async function listTargets(read: readonly Read[], { inPortions }: EntrySources): Promise<ReadonlySet<string>> {
  const targets = read.flatMap(({ key, names }) => (names ? [targetOf(key, names)] : []))
  const places = new Map(targets.map((target) => [`${target.accountId} ${target.permissionSetArn}`, target]))
  const listed = new Set<string>()
  await inPortions([...places.values()], 'places compared with Identity Center', async (place, ssoAdmin) => {
    const rows = await listAssignmentsIn(place.accountId, place.permissionSetArn, ssoAdmin)
    for (const row of rows) listed.add(renderTarget(row))
  })
  return listed
}

function targetOf(key: AssignmentKey, { permissionSetArn }: Pick<AccessNames, 'permissionSetArn'>): AssignmentTarget {
  const { accountId, principalId, type } = assignmentOf(key)
  return { accountId, permissionSetArn, principalId, principalType: type }
}
