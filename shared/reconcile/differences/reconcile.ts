import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { userHasLeft } from '../../domain/messages/goes-first.ts'
import { accessHint, assignmentHint, type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { findPrincipalChanges, type PrincipalChanges } from '../directory/principal-changes.ts'
import { Lease } from '../dispatcher/lease.ts'
import { noteMissingAccounts } from '../organization/missing-accounts.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { writeAccess } from '../records/access-list.ts'
import { type Checkpoint, noMemory, readCheckpoint, writeCheckpoint } from '../records/checkpoint.ts'
import { describeCrowd } from '../records/crowds.ts'
import { writeCopies } from '../records/entry-copies.ts'
import { readForeign } from '../records/foreign-assignments.ts'
import { alignGroupMembers } from '../records/group-members.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { countLedger, findLedgerLoss } from '../records/ledger-count.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { NameIndex, PrincipalNames } from '../records/principal-names.ts'
import {
  type AccountRange,
  cutRanges,
  markAccounts,
  type RangeSizes,
  rangeSizes,
  readMarks,
  writeMarks,
} from '../records/ranges.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import {
  type ComparedRange,
  compareInputs,
  compareRange,
  type InputDifferences,
  type RangeDifferences,
  readInputs,
} from './find-differences.ts'

const idleSliceMs = 15_000

/** The hints of a sweep or a reconcile; all zero: there is no difference. */
export type ReconcileReport = {
  readonly links: number
  readonly permissionSets: number
  readonly accounts: number
  readonly inputs: number
  readonly grants: number
  readonly revocations: number
  /** Ledger entries that are neither settled nor scheduled. */
  readonly unfinished: number
}

/**
 * Finds the differences that a lost or overtaken message left, and sends hints. Calls only S3 and the queues, and uses the last
 * reading of the organization. `undefined`: it was never read, so nothing can be compared. Safe at any time, and when repeated: after a
 * death, the next sweep begins again.
 */
export async function sweep(
  ports: Ports,
  configuration: Configuration,
  sizes: RangeSizes = rangeSizes,
): Promise<ReconcileReport | undefined> {
  const { objects } = ports
  const view = await new OrganizationCache(ports, configuration.folders).storedView()
  if (!view) return undefined
  await outlastIdleSlice(ports)
  const { last, startedAt } = await begin(objects)
  const found = await compareAll(ports, configuration, { view, last, isSweep: true, sizes })
  await writeCheckpoint(objects, startedAt, found.memory)
  await countLedger(objects, { ...found.ledger, at: renderInstant(startedAt) }, configuration)
  await alignGroupMembers(ports, found.groups, async () => {
    return (await findLedgerLoss(objects, configuration)) !== undefined
  })
  return reportOf(found)
}

/** How many ranges to compare at once. Each has about 20,000 entries of the ledger, so this bounds the memory. */
const rangesAtOnce = 4

type Comparing = {
  readonly view: OrganizationView
  readonly last: Checkpoint
  readonly isSweep: boolean
  readonly sizes: RangeSizes
}

/** Compares range after range and sends the differences, then the inputs. Keeps only the facts of a range that the inputs need. */
async function compareAll(ports: Ports, configuration: Configuration, { view, last, isSweep, sizes }: Comparing) {
  const { objects } = ports
  const marks = await readMarks(objects)
  const inputs = await readInputs(objects, view, configuration, { last, isSweep })
  const compared: ComparedRange[] = []
  const lost: Missing[] = []
  const hinted = new Set<AssignmentKey>()
  const groups = new Map<PrincipalId, ReadonlySet<PrincipalName>>()
  const compareOne = async ([nth, range]: readonly [number, AccountRange]) => {
    if (!isSweep) await renewCopies(ports, range)
    const found = await compareRange(objects, inputs, range, sizes)
    await noteNames(objects, found)
    await sendDue(ports, configuration, found)
    for (const key of found.unfinished) hinted.add(key)
    for (const [id, names] of found.groups) groups.set(id, names.union(groups.get(id) ?? new Set()))
    compared[nth] = found.compared
    lost[nth] = findMissing(found, view)
  }
  await forEachAtOnce(cutAccounts(marks, view, sizes).entries(), compareOne, rangesAtOnce)
  const found = await compareInputs(objects, inputs, compared)
  await closeInputs(ports, configuration, found)
  const counted = compared.flatMap((range) => range.marks)
  if (counted.join() !== marks.join()) await writeMarks(objects, counted)
  const missing = lost.flatMap((range) => range.missing)
  const resting = lost.flatMap((range) => range.resting)
  return { ...found, hinted, missing, resting, groups }
}

/**
 * The last comparison counted the entries, but it may have seen few of a lost ledger. So the accounts limit a range too, as if each had ten
 * entries.
 */
function cutAccounts(
  marks: readonly AccountId[],
  { accounts }: OrganizationView,
  sizes: RangeSizes,
): readonly AccountRange[] {
  const every = Math.ceil(sizes.entriesOfMark / 10)
  return cutRanges([marks, markAccounts(accounts.map(({ id }) => id).sort(), every)], sizes)
}

/** Accounts of the ledger that Organizations does not list, and their entries that nothing can be done about. */
type Missing = { readonly missing: readonly AccountId[]; readonly resting: readonly AssignmentKey[] }

function findMissing(
  { owned, resting }: Pick<RangeDifferences, 'owned' | 'resting'>,
  { accounts }: OrganizationView,
): Missing {
  const missing = owned.difference(new Set(accounts.map(({ id }) => id)))
  return { missing: [...missing], resting: resting.filter((key) => missing.has(assignmentOf(key).accountId)) }
}

/** Tells unplaced accounts, and evaluates the entries of accounts that are gone. */
async function releaseMissing(
  ports: Ports,
  configuration: Configuration,
  { view, missing, resting, unplaced }: Missing & Pick<InputDifferences, 'unplaced'> & Pick<Comparing, 'view'>,
): Promise<void> {
  if (unplaced.length > 0)
    ports.log.error('Organizations does not say State or Paths of accounts; ssofile grants and revokes nothing there', {
      unplaced,
    })
  const listed = new Set(view.accounts.map((account) => account.id))
  const gone = await noteMissingAccounts(ports, { listed, owned: new Set(missing) })
  const unfinished = resting.filter((key) => gone.has(assignmentOf(key).accountId))
  await sendDue(ports, configuration, { ...nothingDue, unfinished })
}

/**
 * Waits for a slice without work. A slice begins every minute, often in the same second as a sweep. Without work it ends within seconds, so
 * the sweep need not leave anything to it.
 */
async function outlastIdleSlice({ objects, clock }: Ports): Promise<void> {
  const sinceMs = clock.monotonicMs()
  while (clock.monotonicMs() - sinceMs < idleSliceMs && (await Lease.isHeld(objects))) await clock.sleep(1_000)
}

type ReconcileOptions = { readonly renewMs?: number | undefined; readonly sizes?: RangeSizes }

/**
 * Does the work of a sweep and everything that a sweep leaves alone, after a new reading of the organization and the directory. `renewMs`:
 * the time for renewing known tags.
 */
export async function reconcile(
  ports: Ports,
  configuration: Configuration,
  { renewMs, sizes = rangeSizes }: ReconcileOptions = {},
): Promise<ReconcileReport> {
  const { objects } = ports
  const view = await new OrganizationCache(ports, configuration.folders).rebuild(renewMs)
  const { last, startedAt } = await begin(objects)
  const named = await withNames(objects, last)
  const found = await compareAll(ports, configuration, { view, last: named, isSweep: false, sizes })
  await releaseMissing(ports, configuration, { ...found, view })
  const { counts, hinted } = found
  const changes = await findPrincipalChanges(ports, configuration)
  const due = { grants: changes.assignments, revocations: [] }
  const left = changes.ended
  // The comparison sent some of them already.
  const unfinished = [...new Set(changes.keys).difference(hinted)]
  const heldOfLeft = [...new Set(changes.held).difference(hinted)]
  await sendDue(ports, configuration, { ...nothingDue, due, unfinished, left, heldOfLeft })
  // The checkpoint comes last: if anything fails before, the next comparison finds the same again.
  await writeCheckpoint(objects, startedAt, found.memory)
  await noteChanges(objects, changes)
  return {
    ...reportOf(found),
    grants: counts.grants + due.grants.length,
    unfinished: counts.unfinished + unfinished.length + left.length + heldOfLeft.length,
  }
}

/** First, so that the comparison can read new entries from their copies. They are a cache: without them, it reads every entry itself. */
async function renewCopies({ objects, log }: Ports, range: AccountRange): Promise<void> {
  await writeCopies(objects, range).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    log.warn('the copies of ledger entries could not be renewed; entries are read themselves', { error })
  })
}

/** If the names are lost, every entry is read for them. */
async function withNames(objects: ObjectStore, last: Checkpoint): Promise<Checkpoint> {
  return (await new PrincipalNames(objects).isEmpty()) ? { ...last, since: new Date(0) } : last
}

async function noteChanges(objects: ObjectStore, { toNote, toForget }: PrincipalChanges): Promise<void> {
  const names = new PrincipalNames(objects)
  for (const pair of toNote) await names.note(pair)
  for (const pair of toForget) await names.forget(pair)
}

/** `startedAt` is S3's time. Only an answer about an object has it. */
async function begin(objects: ObjectStore): Promise<{ readonly last: Checkpoint; readonly startedAt: Date }> {
  const last = await readCheckpoint(objects)
  return { last, startedAt: last.now ?? (await writeCheckpoint(objects, new Date(0), noMemory)) }
}

function reportOf({ counts, inputs }: Pick<InputDifferences, 'counts' | 'inputs'>): ReconcileReport {
  return { ...counts, inputs: inputs.length }
}

function tellUnreadable({ log }: Ports, { unreadable }: { readonly unreadable: readonly string[] }): void {
  if (unreadable.length > 0)
    log.error('ssofile cannot read some objects, and grants and revokes nothing by them until it can', { unreadable })
}

/** Corrects what concerns inputs, and sends them. */
async function closeInputs(ports: Ports, configuration: Configuration, found: InputDifferences): Promise<void> {
  const id = ports.randomness.id()
  tellUnreadable(ports, found)
  const statuses = new StatusStore(ports.objects, ports.clock)
  for (const input of found.misindexed) await statuses.align(input)
  const most = configuration.limits.notValidFiles
  for (const { crowd, untold } of found.crowds)
    await statuses.revise(crowd, async () => (untold.length > 0 ? describeCrowd(crowd, most, untold) : undefined))
  const recounted = found.miscounted.flatMap(({ link, assignment }) => (assignment ? [] : [link]))
  await sendInputs(ports, [...new Set([...found.inputs, ...recounted])], 'reconcile', configuration)
  // The cause of the hint is the link, so the dispatcher writes its status again.
  const recounts = found.miscounted.flatMap(({ link, assignment }) =>
    assignment ? [assignmentHint(assignment, link)] : [],
  )
  const holds = found.judgedFiles.map((name) => permissionSetHint(name, 'reconcile'))
  await sendHints(ports, { id, hints: [...recounts, ...holds], revocation: false }, configuration)
}

const nothingDue = {
  access: { toWrite: new Map(), toDelete: [] },
  due: { grants: [], revocations: [] },
} satisfies Partial<RangeDifferences>

type Due = Pick<RangeDifferences, 'access' | 'due' | 'unfinished'> & {
  /** Access of users who left. */
  readonly left?: readonly AssignmentKey[]
  /** Such access that the brake holds. */
  readonly heldOfLeft?: readonly AssignmentKey[]
}

/** Corrects `access/`, and sends the hints about access. */
async function sendDue(
  ports: Ports,
  configuration: Configuration,
  { access, due, unfinished, left = [], heldOfLeft = [] }: Due,
): Promise<void> {
  const id = ports.randomness.id()
  await forEachAtOnce(access.toWrite.entries(), ([key, of]) => writeAccess(ports.objects, key, of))
  await forEachAtOnce(access.toDelete, async (key) => void (await ports.objects.delete(key)))
  const toHint = (key: AssignmentKey, cause = 'reconcile'): Hint => accessHint(assignmentOf(key), cause)
  const ofLeft = left.map((key) => toHint(key, userHasLeft))
  await sendHints(ports, { id, hints: ofLeft, revocation: true }, configuration)
  await sendHints(ports, { id, hints: due.revocations.map((key) => toHint(key)), revocation: true }, configuration)
  const hints = [
    ...due.grants.map((grant) => assignmentHint(grant, 'reconcile')),
    ...unfinished.map((key) => toHint(key)),
  ]
  await sendHints(ports, { id, hints, revocation: false }, configuration)
  // By themselves, because their number chooses their lane. The brake may let them go by now, but none goes first.
  const ofHeld = heldOfLeft.map((key) => toHint(key))
  await sendHints(ports, { id, hints: ofHeld, revocation: false }, configuration)
}

/** Keeps `state/principals/` complete for the comparison with the directory. */
async function noteNames(
  objects: ObjectStore,
  { noted, foreignSince }: Pick<RangeDifferences, 'noted' | 'foreignSince'>,
): Promise<void> {
  const found = [...noted]
  await forEachAtOnce(foreignSince, async (key) => {
    const foreign = await spoiledAsAbsent(readForeign(objects, key))
    const { type, principalId: id } = assignmentOf(key)
    if (foreign) found.push({ type, id, name: foreign.principal })
  })
  if (found.length === 0) return
  const index = await NameIndex.read(objects)
  const names = new PrincipalNames(objects)
  for (const pair of found) {
    // Some records have an id in place of a name. No link can name it, and it never changes.
    if (index.namesOf(pair.type, pair.id).length > 0 || pair.name === principalName.parse(pair.id)) continue
    await names.note(pair)
    index.set(pair)
  }
}
