import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { userHasLeft } from '../../domain/messages/goes-first.ts'
import { accessHint, assignmentHint, type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { findPrincipalChanges, type PrincipalChanges } from '../directory/principal-changes.ts'
import { Lease } from '../dispatcher/lease.ts'
import { noteMissingAccounts } from '../organization/missing-accounts.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { readOrganization } from '../organization/organization-file.ts'
import { writeAccess } from '../records/access-list.ts'
import {
  type Checkpoint,
  type ComparedInputs,
  type ComparedRange,
  comparisonRecords,
  noMemory,
  readCheckpoint,
  writeCheckpoint,
} from '../records/checkpoint.ts'
import { describeCrowd } from '../records/crowds.ts'
import { writeCopies } from '../records/entry-copies.ts'
import { readForeign } from '../records/foreign-assignments.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { countLedger } from '../records/ledger-count.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { NameIndex, PrincipalNames } from '../records/principal-names.ts'
import {
  type AccountRange,
  allAccounts,
  beginRun,
  cutRanges,
  forgetResults,
  markAccounts,
  type RangedJob,
  type RangedJobName,
  type RangeSizes,
  rangeSizes,
} from '../records/ranges.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import {
  compareInputs,
  compareRange,
  findDifferences,
  type InputDifferences,
  type RangeDifferences,
  readInputs,
  readInputsOf,
  renderInputs,
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
 * reading of the organization. `undefined`: it was never read, so nothing can be compared. `ranges`: with so many entries, the sweep has
 * sent a message for each range of accounts. Safe at any time, and when repeated.
 */
export async function sweep(
  ports: Ports,
  configuration: Configuration,
  sizes: RangeSizes = rangeSizes,
): Promise<ReconcileReport | 'ranges' | undefined> {
  const { objects } = ports
  const view = await new OrganizationCache(ports, configuration.folders).storedView()
  if (!view) return undefined
  await outlastIdleSlice(ports)
  const { last, startedAt } = await begin(objects)
  const ranges = cutAccounts(last, view, sizes)
  if (ranges.length > 1) {
    await beginRun(ports, compareByRanges(ports, configuration, 'sweep'), { ranges, startedAt, replaces: false })
    return 'ranges'
  }
  const whole = last.parts ? await readCheckpoint(objects) : last
  const found = await findDifferences(objects, view, configuration, { isSweep: true, last: whole })
  await noteNames(objects, found)
  await closeInputs(ports, configuration, found)
  await sendDue(ports, configuration, found)
  await writeCheckpoint(objects, startedAt, found.memory)
  await countLedger(objects, { ...found.ledger, at: renderInstant(startedAt) }, configuration)
  return reportOf(found)
}

/**
 * The last comparison counted the entries, but it may have seen few of a lost ledger. So the accounts limit a range too, as if each had ten
 * entries.
 */
function cutAccounts(
  { marks = [] }: Pick<Checkpoint, 'marks'>,
  { accounts }: OrganizationView,
  sizes: RangeSizes,
): readonly AccountRange[] {
  const every = Math.ceil(sizes.entriesOfMark / 10)
  return cutRanges([marks, markAccounts(accounts.map(({ id }) => id).sort(), every)], sizes)
}

/** A sweep or a reconcile of more entries than one range has. */
export const compareByRanges = (
  ports: Ports,
  configuration: Configuration,
  name: RangedJobName,
  sizes?: RangeSizes,
): RangedJob<ComparedInputs, ComparedRange> => {
  const { objects } = ports
  const isSweep = name === 'sweep'
  const readView = async (range?: AccountRange) => {
    const view = await spoiledAsAbsent(readOrganization(objects, range))
    if (!view) throw new Error('the reading of the organization is gone; the next reconcile reads it again')
    return view
  }
  const open = async () => {
    const known = await readCheckpoint(objects, 'without parts')
    const last = isSweep ? known : await withNames(objects, known)
    return readInputs(objects, await readView(), configuration, { last, isSweep })
  }
  return {
    ...comparisonRecords(name),
    gather: async () => renderInputs(await open()),
    async work(range, facts, id) {
      const view = await readView(range)
      const inputs = await readInputsOf(objects, facts, range, { view, configuration, isSweep })
      if (!isSweep) await renewCopies(ports, range)
      const found = await compareRange(objects, inputs, range, sizes)
      await noteNames(objects, found)
      tellUnreadable(ports, found)
      await sendDue(ports, configuration, found, id)
      return isSweep ? found.compared : { ...found.compared, ...findMissing(found, view) }
    },
    async end({ run, ranges, startedAt: at }, results) {
      const inputs = await open()
      const found = await compareInputs(objects, inputs, results)
      await closeInputs(ports, configuration, found, run)
      const missing = results.flatMap((result) => result.missing ?? [])
      const resting = results.flatMap((result) => result.resting ?? [])
      if (!isSweep) await releaseMissing(ports, configuration, { ...found, view: inputs.view, missing, resting }, run)
      const marks = results.flatMap((result) => result.marks)
      const memory = { ...found.memory, entries: [], marks, parts: { job: name, run, ranges } }
      await writeCheckpoint(objects, new Date(at), memory)
      await forgetResults(objects, name, [run, inputs.last.parts?.run ?? run])
      if (isSweep) await countLedger(objects, { ...found.ledger, at }, configuration)
      return reportOf(found)
    },
  }
}

/** Accounts of the ledger that Organizations does not list, and their entries that nothing can be done about. */
function findMissing(
  { owned, resting }: Pick<RangeDifferences, 'owned' | 'resting'>,
  { accounts }: OrganizationView,
): { readonly missing: readonly AccountId[]; readonly resting: AssignmentKey[] } {
  const missing = owned.difference(new Set(accounts.map(({ id }) => id)))
  return { missing: [...missing], resting: resting.filter((key) => missing.has(assignmentOf(key).accountId)) }
}

type Missing = ReturnType<typeof findMissing> & Pick<InputDifferences, 'unplaced'> & { readonly view: OrganizationView }

/** Tells unplaced accounts, and evaluates the entries of accounts that are gone. */
async function releaseMissing(
  ports: Ports,
  configuration: Configuration,
  { view, missing, resting, unplaced }: Missing,
  id?: string,
): Promise<void> {
  if (unplaced.length > 0)
    ports.log.error('Organizations does not say State or Paths of accounts; ssofile grants and revokes nothing there', {
      unplaced,
    })
  const listed = new Set(view.accounts.map((account) => account.id))
  const gone = await noteMissingAccounts(ports, { listed, owned: new Set(missing) })
  const unfinished = resting.filter((key) => gone.has(assignmentOf(key).accountId))
  await sendDue(ports, configuration, { ...nothingDue, unfinished }, id && `${id}/missing`)
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
  { renewMs }: ReconcileOptions = {},
): Promise<ReconcileReport> {
  return reconcileAtOnce(ports, configuration, await readAnew(ports, configuration, renewMs))
}

/** `ranges`: with so many entries, it has sent a message for each range of accounts. */
export async function beginReconcile(
  ports: Ports,
  configuration: Configuration,
  { renewMs, sizes = rangeSizes }: ReconcileOptions = {},
): Promise<ReconcileReport | { readonly ranges: number }> {
  const { objects } = ports
  const read = await readAnew(ports, configuration, renewMs)
  const { view, last, startedAt } = read
  const ranges = cutAccounts(last, view, sizes)
  if (ranges.length === 1) return reconcileAtOnce(ports, configuration, read)
  // If the names are lost, the ranges note them for the next comparison with the directory.
  if (!(await new PrincipalNames(objects).isEmpty())) {
    const changes = await findPrincipalChanges(ports, configuration)
    const due = { grants: changes.assignments, revocations: [] }
    const { keys, ended: left, held } = changes
    await sendDue(ports, configuration, { ...nothingDue, due, unfinished: [...keys], left, heldOfLeft: held })
    await noteChanges(objects, changes)
  }
  await beginRun(ports, compareByRanges(ports, configuration, 'reconcile'), { ranges, startedAt, replaces: true })
  return { ranges: ranges.length }
}

async function readAnew(ports: Ports, { folders }: Configuration, renewMs: number | undefined) {
  const view = await new OrganizationCache(ports, folders).rebuild(renewMs)
  return { view, ...(await begin(ports.objects)) }
}

async function reconcileAtOnce(
  ports: Ports,
  configuration: Configuration,
  { view, last, startedAt }: Awaited<ReturnType<typeof readAnew>>,
): Promise<ReconcileReport> {
  const known = last.parts ? await readCheckpoint(ports.objects) : last
  await renewCopies(ports, allAccounts)
  const found = await findDifferences(ports.objects, view, configuration, {
    last: await withNames(ports.objects, known),
  })
  await releaseMissing(ports, configuration, { ...found, view, ...findMissing(found, view) })
  await noteNames(ports.objects, found)
  const changes = await findPrincipalChanges(ports, configuration)
  const unfinished = [...found.unfinished, ...changes.keys]
  const due = { ...found.due, grants: [...found.due.grants, ...changes.assignments] }
  await closeInputs(ports, configuration, found)
  const left = changes.ended
  // The comparison sends some of them already.
  const heldOfLeft = [...new Set(changes.held).difference(new Set(unfinished))]
  await sendDue(ports, configuration, { ...found, due, unfinished, left, heldOfLeft })
  // The checkpoint comes last: if anything fails before, the next comparison finds the same again.
  await writeCheckpoint(ports.objects, startedAt, found.memory)
  await noteChanges(ports.objects, changes)
  return {
    ...reportOf(found),
    grants: due.grants.length,
    unfinished: unfinished.length + left.length + heldOfLeft.length,
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

/** `startedAt` is S3's time. Only an answer about an object has it. `last`: without the entries of ranges. */
async function begin(objects: ObjectStore): Promise<{ readonly last: Checkpoint; readonly startedAt: Date }> {
  const last = await readCheckpoint(objects, 'without parts')
  return { last, startedAt: last.now ?? (await writeCheckpoint(objects, new Date(0), noMemory)) }
}

function reportOf({ counts, inputs }: Pick<InputDifferences, 'counts' | 'inputs'>): ReconcileReport {
  return { ...counts, inputs: inputs.length }
}

function tellUnreadable({ log }: Ports, { unreadable }: { readonly unreadable: readonly string[] }): void {
  if (unreadable.length > 0)
    log.error('ssofile cannot read some objects, and grants and revokes nothing by them until it can', { unreadable })
}

/** Corrects what concerns inputs, and sends them. `id`: SQS drops what was sent under it before. */
async function closeInputs(
  ports: Ports,
  configuration: Configuration,
  found: InputDifferences,
  id: string = ports.randomness.id(),
): Promise<void> {
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
  id: string = ports.randomness.id(),
): Promise<void> {
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
