import { isLost } from '../../domain/access-changes.ts'
import { type AssignmentKey, assignmentOf } from '../../domain/assignment.ts'
import { judgeLostAccess } from '../../domain/judge-lost-access.ts'
import {
  type Access,
  type AccessIds,
  findAccess,
  isSameAccess,
  type LedgerEntry,
  ledgerEntry,
  ledgerPrefix,
} from '../../domain/ledger-entry.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { KeyVersions, ObjectVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { isObjectRefusal } from '../../ports/service-error.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import type { InPortions } from '../assignments/list-existing.ts'
import { listAssignmentsIn } from '../calls/assignment-listings.ts'
import { historyFolder, isEnd, listLastEvents, readHistoryEvent, readLastWord } from '../records/history.ts'
import { Ledger, ledgerKey, listAssignmentKeys } from '../records/ledger.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { readSaved } from './read-saved.ts'

/** `over`: an object that cannot be read. */
export type LostEntry = { readonly key: AssignmentKey; readonly entry: LedgerEntry; readonly over?: ObjectHead }
export type Undecided = { readonly object: string; readonly why: string }
export type FoundEntries = {
  readonly lost: readonly LostEntry[]
  readonly undecided: readonly Undecided[]
  /** When they were deleted, where versions tell. */
  readonly deletions: readonly Date[]
}

type Context = Pick<Ports, 'objects' | 'clock'> & {
  readonly versions: ObjectVersions
  /** As if nothing were deleted of it. */
  readonly history: ObjectStore
  readonly inPortions: InPortions
  /** Versions after this do not count. */
  readonly at: Date | undefined
}

type Candidate = {
  readonly key: AssignmentKey
  readonly over?: ObjectHead
  readonly kept?: KeyVersions
  readonly told?: AccessIds
}
type Read = Candidate & { readonly saved: LedgerEntry | undefined; readonly ids: readonly AccessIds[] }

/** The entries of the ledger that are gone or cannot be read, and are ours by what is left. Reads only. */
export async function findLostEntries(context: Context): Promise<FoundEntries> {
  const candidates = await listCandidates(context)
  const read: Read[] = []
  await forEachAtOnce(candidates, async (candidate) => void read.push(await readCandidate(candidate, context)))
  const listed = await listTargets(read, context)
  const lost: LostEntry[] = []
  const undecided: Undecided[] = []
  await forEachAtOnce(read, async ({ key, over, saved, ids }) => {
    const accesses: Access[] = []
    for (const one of ids) {
      const history = await readLastWord(context.history, key, one)
      const isListed = listed.has(renderTarget(targetOf(key, one)))
      const now = context.clock.now()
      const verdict = judgeLostAccess({ ids: one, saved: findAccess(saved, one), history, isListed, now })
      if (verdict.is === 'ours') accesses.push(verdict.access)
      if (verdict.is === 'undecided') undecided.push({ object: ledgerKey(key), why: verdict.why })
    }
    const [first, ...former] = accesses
    const updatedAt = context.clock.now().toISOString()
    if (first)
      lost.push({ key, entry: { accesses: [first, ...former], attempts: 0, updatedAt }, ...(over && { over }) })
    else if (over)
      undecided.push({ object: ledgerKey(key), why: 'it cannot be read, and nothing says that it is ours' })
  })
  const deletedAt = new Map(read.map(({ key, kept }) => [key, kept?.deletedAt]))
  return {
    lost: lost.sort((a, b) => (a.key < b.key ? -1 : 1)),
    undecided: undecided.sort((a, b) => (a.object < b.object ? -1 : 1)),
    deletions: lost.flatMap(({ key }) => deletedAt.get(key) ?? []),
  }
}

/** Keys that the ledger has no readable object of, and once had, by versions or history. */
async function listCandidates({ objects, versions, history }: Context): Promise<readonly Candidate[]> {
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
    const key = keyOf(kept.key)
    const [newest] = kept.versions
    if (key === undefined || newest === undefined || sound.has(historyFolder(key))) continue
    const event = last.get(historyFolder(key))
    // Its removal was told: it ended after everything that was written of it.
    if (!broken.has(key) && event && isEnd(event.event) && event.head.lastModified >= newest.lastModified) continue
    found.set(key, withHead({ key, kept }, heads))
  }
  for (const event of last.values()) {
    if (isEnd(event.event) || sound.has(event.folder)) continue
    const told = await readHistoryEvent(history, event)
    if (told)
      found.set(told.assignment, { ...withHead({ key: told.assignment }, heads), ...found.get(told.assignment), told })
  }
  return [...found.values()]
}

function keyOf(key: string): AssignmentKey | undefined {
  try {
    const text = key.slice(ledgerPrefix.length) as AssignmentKey
    assignmentOf(text)
    return text
  } catch {
    return undefined
  }
}

function withHead<T extends { readonly key: AssignmentKey }>(candidate: T, heads: ReadonlyMap<string, ObjectHead>) {
  const over = heads.get(ledgerKey(candidate.key))
  return over ? { ...candidate, over } : candidate
}

/** An entry that was written because history knew of a lost one is as good as lost. */
const soundEntry = ledgerEntry.refine((entry) => !entry.accesses.some(isLost))

async function isSound(objects: ObjectStore, key: AssignmentKey): Promise<boolean> {
  try {
    const read = await unlessSpoiled(new Ledger(objects).read(key))
    return !isSpoiled(read) && read?.entry.accesses.some(isLost) === false
  } catch (error) {
    if (isObjectRefusal(error)) return false
    throw error
  }
}

async function readCandidate(candidate: Candidate, { versions, at }: Context): Promise<Read> {
  const { kept, told } = candidate
  const saved = kept && (await readSaved(versions, kept, soundEntry, at))
  const ids: AccessIds[] = [...(saved?.accesses ?? [])]
  if (told && !ids.some((one) => isSameAccess(one, told))) ids.push(told)
  return {
    ...candidate,
    saved,
    ids: ids.map(({ principalId, permissionSetArn }) => ({ principalId, permissionSetArn })),
  }
}

/** What Identity Center lists of them: a call for each account and permission set. */
async function listTargets(read: readonly Read[], { inPortions }: Context): Promise<ReadonlySet<string>> {
  const targets = read.flatMap(({ key, ids }) => ids.map((one) => targetOf(key, one)))
  const places = new Map(targets.map((target) => [`${target.accountId} ${target.permissionSetArn}`, target]))
  const listed = new Set<string>()
  await inPortions([...places.values()], 'places compared with Identity Center', async (place, ssoAdmin) => {
    const rows = await listAssignmentsIn(place.accountId, place.permissionSetArn, ssoAdmin)
    for (const row of rows) listed.add(renderTarget(row))
  })
  return listed
}

function targetOf(key: AssignmentKey, { principalId, permissionSetArn }: AccessIds): AssignmentTarget {
  const { accountId, type } = assignmentOf(key)
  return { accountId, permissionSetArn, principalId, principalType: type }
}

function renderTarget({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
  return [accountId, permissionSetArn, principalId, principalType].join(' ')
}
