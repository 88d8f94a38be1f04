import {
  type Assignment,
  type AssignmentKey,
  assignmentKey,
  assignmentOf,
  isAssignmentKey,
  parseAssignmentName,
} from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import {
  type AssignmentSet,
  collectAssignments,
  desiredState,
  planAssignments,
  toAssignment,
  unclearState,
} from '../../domain/assignments/plan.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Link, linkPrefix, linksIn, renderGrant } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { isUnplaced, type OrganizationView } from '../../domain/organization/organization-view.ts'
import { permissionSetKey, permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { expandScope, nameOfReach, type Scoping } from '../../domain/scopes/expand-scope.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { Lease } from '../dispatcher/lease.ts'
import { asksTags } from '../organization/view-for.ts'
import { accessPrefix } from '../records/access-list.ts'
import { type CheckedStatus, type Checkpoint, readCheckpoint } from '../records/checkpoint.ts'
import { foreignAccess } from '../records/foreign-assignments.ts'
import { collectHeads, type Heads, listHeads } from '../records/list-heads.ts'
import { ownedPermissionSets } from '../records/owned-permission-sets.ts'
import {
  type AccountRange,
  allAccounts,
  isInRange,
  listInRange,
  markAccounts,
  type RangeSizes,
  rangeSizes,
} from '../records/ranges.ts'
import { SelectorFiles } from '../records/selector-files.ts'
import { statusKey, statusPrefix } from '../records/status-store.ts'
import { findAccessDifferences } from './find-access-differences.ts'
import { findCrowds } from './find-crowds.ts'
import { findUnfinished, type Unfinished } from './find-unfinished.ts'
import { findMisindexed, indexAssignments, wantsLook } from './find-untold.ts'
import { groupsIn, nameKeys } from './name-keys.ts'
import { readLinks, readStatuses } from './read-inputs.ts'

/** Each judgement takes six calls. At twenty calls a second, this many take a few seconds. */
const judgedMost = 20

/** Everything in the bucket that differs from the files. */
export type Differences = Awaited<ReturnType<typeof findDifferences>>
export type InputDifferences = Awaited<ReturnType<typeof compareInputs>>
export type RangeDifferences = Awaited<ReturnType<typeof compareRange>>

type Options = {
  /** Leaves alone inputs that wait for something outside the bucket, and the work of a running dispatcher. */
  readonly isSweep?: boolean
  readonly last?: Checkpoint
}

/**
 * Compares files, ledger, statuses, index and open work, of all accounts at once. Calls only S3, and changes nothing. Reads only changes
 * since the last comparison. Throws if a listing fails.
 */
export async function findDifferences(
  objects: ObjectStore,
  view: OrganizationView,
  given: Configuration,
  { isSweep = false, last }: Options = {},
) {
  const inputs = await readInputs(objects, view, given, { isSweep, last: last ?? (await readCheckpoint(objects)) })
  const found = await compareRange(objects, inputs)
  const ofInputs = await compareInputs(objects, inputs, [found.compared])
  return { ...found, ...ofInputs }
}

/** The accounts of one range, after `readInputs`. */
export async function compareRange(
  objects: ObjectStore,
  inputs: Inputs,
  range: AccountRange = allAccounts,
  { entriesOfMark }: RangeSizes = rangeSizes,
) {
  const view = { ...inputs.view, accounts: inputs.view.accounts.filter(({ id }) => isInRange(id, range)) }
  const bucket = { ...inputs, view, ...(await readAccess(objects, range)) }
  const { last, statuses, owned, foreign, others, names, isSweep } = bucket
  const planned = planAll(bucket)
  const revoked = new Set(planned.revocations)
  const found = await findUnfinished(objects, bucket.ledger, view, last, revoked, { range, byCopies: !isSweep })
  const { held, heldLinks, resting } = found
  const unplaced = new Set(listUnplaced(view))
  const isMoving = (key: AssignmentKey) => !resting.has(key) && !unplaced.has(assignmentOf(key).accountId)
  const plan = { ...planned, revocations: planned.revocations.filter(isMoving) }
  const revocations = plan.revocations.filter((key) => !held.has(key))
  // The dispatcher that held it died before it wrote the status.
  const untoldHeld = [...heldLinks].filter(([link]) => statuses.told.get(link)?.state !== 'held')
  const due = isSweep ? leaveAlone({ ...plan, revocations }, bucket) : { ...plan, revocations }
  const unfinished = [...found.unfinished, ...untoldHeld.map(([, key]) => key)]
  const keys = [...names.ledger.keys()]
  const compared = {
    /** Unsettled entries of the ledger. */
    entries: found.entries,
    ...findOpenInputs(planned, found, bucket),
    /** Links with access that the brake holds, and such files of permission sets. */
    heldLinks: [...heldLinks.keys()],
    heldFiles: [...found.heldFiles.values()],
    isBrakeUnreadable: found.isBrakeUnreadable,
    /** Permission sets with access of ours, and of others. */
    owned: [...setsOf(keys)],
    foreign: [...setsOf([...names.foreign.keys()])],
    all: keys.length,
    settled: keys.length - found.entries.length,
    marks: markAccounts(
      keys.map((key) => assignmentOf(key).accountId),
      entriesOfMark,
    ),
    grants: due.grants.length,
    revocations: due.revocations.length,
    unfinished: unfinished.length,
    spoiled: found.spoiled,
  }
  return {
    plan,
    /** The part of the plan for hints now: without held access, and in a sweep without waiting links and running work. */
    due,
    /** Ledger entries that are neither settled nor scheduled. */
    unfinished,
    /** Assignments and permission set files with a retry under `state/open/`. */
    scheduled: found.scheduled,
    /** Held revocations of the plan: they wait until a person releases them. */
    held,
    /** Names and ids in the entries that were read. */
    noted: found.names,
    /** The assignments that links would name for the ledger's access. */
    names: names.ledger,
    /** Foreign assignments recorded since the last comparison. */
    foreignSince: [...foreign.values()].flatMap(({ key, lastModified }) => {
      const text = key.slice(foreignAccess.at.length)
      return lastModified >= last.since && isAssignmentKey(text) ? [text] : []
    }),
    /** Ledger entries that are stuck, or left, on accounts that take no changes: nothing can be done. */
    resting: [...resting],
    owned: new Set(keys.map((key) => assignmentOf(key).accountId)),
    /** Recorded access, of the ledger and of others. */
    recorded: [owned, others],
    /** Groups that have access here. */
    groups: groupsIn(names),
    access: await findAccessDifferences(objects, bucket, new Set(found.entries)),
    compared,
  }
}

/** The part of a range's result that the comparison of inputs needs. It grows only with what moves in the range. */
export type ComparedRange = RangeDifferences['compared']

/** The inputs themselves, after every range: `ranges` has what they found. */
export async function compareInputs(objects: ObjectStore, inputs: Inputs, ranges: readonly ComparedRange[]) {
  const { files, links, linkCount, statuses, view, isAtWork } = inputs
  const { crowds, left } = findCrowds(inputs)
  return {
    /** Inputs to look at again. */
    inputs: listInputs(inputs, ranges).filter((input) => !left.has(input)),
    /** Places with too many invalid files, and their files without a status. */
    crowds,
    /** Permission sets whose file the brake holds: the reason may be gone. */
    judgedFiles: listJudgedFiles(inputs, ranges),
    miscounted: isAtWork ? [] : findMiscounted(inputs),
    misindexed: await findMisindexed(objects, statuses),
    /** The number of entries in the ledger, and of those with nothing left to do. */
    ledger: { all: sumOf(ranges, 'all'), settled: sumOf(ranges, 'settled') },
    /** For the next comparison. */
    memory: {
      entries: ranges.flatMap(({ entries }) => entries),
      statuses: Object.fromEntries(statuses.told),
      links: links.memory,
    },
    /** Accounts with unknown State or Paths: nothing is granted or revoked there. */
    unplaced: listUnplaced(view).sort(),
    /** Spoiled or unreadable objects. Nothing is granted or revoked because of them. */
    unreadable: [
      ...ranges.flatMap(({ spoiled }) => spoiled),
      ...links.unread.map(({ key }) => key).sort(),
      ...[...statuses.spoiled.values()].sort(),
    ],
    counts: {
      links: linkCount,
      permissionSets: files.size - linkCount,
      accounts: view.accounts.length,
      grants: sumOf(ranges, 'grants'),
      revocations: sumOf(ranges, 'revocations'),
      unfinished: sumOf(ranges, 'unfinished'),
    },
  }
}

type Count = 'all' | 'settled' | 'grants' | 'revocations' | 'unfinished'
const sumOf = (ranges: readonly ComparedRange[], count: Count) => ranges.reduce((sum, range) => sum + range[count], 0)

const listUnplaced = (view: OrganizationView) => view.accounts.filter(isUnplaced).map(({ id }) => id)

/** Assignments that links ask for and the ledger lacks, and ledger access that no link grants. */
type BucketPlan = { readonly grants: readonly Assignment[]; readonly revocations: readonly AssignmentKey[] }

export type Inputs = Awaited<ReturnType<typeof readInputs>>
type Bucket = Inputs & Awaited<ReturnType<typeof readAccess>>

const withSelectors = async (objects: ObjectStore, configuration: Configuration): Promise<Configuration & Scoping> => ({
  ...configuration,
  selectors: await new SelectorFiles(objects).read(),
})

/** Reads links, permission sets and their statuses, once for all ranges. */
export async function readInputs(
  objects: ObjectStore,
  view: OrganizationView,
  given: Configuration,
  { last, isSweep }: { readonly last: Checkpoint; readonly isSweep: boolean },
) {
  const configuration = await withSelectors(objects, given)
  const list = (prefix: string) => listHeads(objects, prefix)
  const [linkFiles, setFiles, statusHeads, ownedSets] = await Promise.all([
    list(linkPrefix),
    list(permissionSetPrefix),
    list(statusPrefix),
    list(ownedPermissionSets.at),
  ])
  const files = new Map([...linkFiles, ...setFiles])
  const statuses = await readStatuses(objects, files, statusHeads, last)
  const links = await readLinks(objects, [...linkFiles.values()], configuration, last, { ...statuses, isSweep })
  return {
    /** Links and permission sets. */
    files,
    linkCount: linkFiles.size,
    links,
    statusHeads,
    statuses,
    /** Permission sets applied since the last comparison. */
    made: setsSince(ownedSets, last.since),
    /** A sweep leaves the work of a running dispatcher alone. */
    isAtWork: isSweep && (await Lease.isHeld(objects)),
    view,
    configuration,
    last,
    isSweep,
  }
}

async function readAccess(objects: ObjectStore, range: AccountRange) {
  const list = (prefix: string) => collectHeads(listInRange(objects, prefix, range))
  // List `access/` before the records. Otherwise access that is granted meanwhile would look superfluous.
  const access = await list(accessPrefix)
  const [ledger, foreign] = await Promise.all([list(ledgerPrefix), list(foreignAccess.at)])
  const names = await nameKeys(objects, { ledger, foreign })
  return {
    ledger,
    /** By their present names in the ledger. */
    names,
    owned: collectAssignments([...names.ledger.values()].flat()),
    foreign,
    others: collectAssignments([...names.foreign.values()].flat()),
    access,
  }
}

/**
 * Three things are unknown: whether an unread link grants, which accounts an invalid selector has, and which tags an account has before
 * they are read. So these neither grant nor revoke.
 */
function planAll({ links, names, owned, others, view, configuration }: Bucket): BucketPlan {
  const tagged = view.hasTags ? [] : links.inForce.filter(({ scope }) => scope.kind === 'account_tag')
  const unclear = new Set(tagged.map(renderGrant))
  const unread = desiredState(links.unread, view, configuration)
  const unclearScopes = unclearState([...links.inForce, ...links.unread], view, configuration)
  const desired = desiredState(links.inForce, view, configuration)
  const { grants } = planAssignments({ desired, owned, foreign: others })
  const mayBeMeant = (assignment: Assignment) =>
    isIn(desired, assignment) ||
    unclear.has(renderGrant(assignment)) ||
    isIn(unread, assignment) ||
    isIn(unclearScopes, assignment)
  const revocations = [...names.ledger].flatMap(([key, all]) => (all.some(mayBeMeant) ? [] : [key]))
  return { grants, revocations: revocations.sort() }
}

/** Inputs with access in these accounts that is still to be granted, revoked or retried. */
function findOpenInputs(
  plan: BucketPlan,
  { entries, resting, scheduled }: Unfinished,
  { files, links, names, statuses, view, configuration, isSweep }: Bucket,
) {
  const moving = entries.filter((key) => isSweep || !resting.has(key))
  const namesOf = (keys: Iterable<AssignmentKey>) => [...keys].flatMap((key) => names.ledger.get(key) ?? [])
  const open = [...plan.grants, ...namesOf([...plan.revocations, ...moving])]
  const isOpen = indexAssignments(open, view, configuration)
  const retried = [...scheduled].flatMap((key) => parseAssignmentName(key) ?? namesOf([assignmentKey.parse(key)]))
  const isRetried = indexAssignments(retried, view, configuration)
  const inForce = new Set<string>(links.inForce.map(({ key }) => key))
  const inputs = [...new Set([...files.keys(), ...statuses.told.keys()])]
  return {
    open: inputs.filter((input) => isOpen(input, inForce.has(input))),
    retried: inputs.filter((input) => scheduled.has(input) || isRetried(input, inForce.has(input))),
  }
}

function listInputs(
  { files, links, statusHeads, statuses, configuration, isSweep, isAtWork }: Inputs,
  ranges: readonly ComparedRange[],
): readonly string[] {
  const all = (of: 'open' | 'retried' | 'heldLinks' | 'owned') =>
    new Set<string>(ranges.values().flatMap((range) => range[of]))
  const [open, retried, heldLinks] = [all('open'), all('retried'), all('heldLinks')]
  const heldFiles = new Set<string>(ranges.flatMap((range) => range.heldFiles.map(permissionSetKey)))
  const isBrakeUnreadable = ranges.some((range) => range.isBrakeUnreadable)
  const naming = [...links.inForce, ...links.notYet, ...links.unread].map(({ permissionSet }) => permissionSet)
  const used = new Set<string>([...naming, ...ranges.flatMap((range) => range.owned)].map(permissionSetKey))
  const isToLookAt = (input: string): boolean => {
    const file = files.get(input)
    const told = statuses.told.get(input)
    if (statuses.spoiled.has(input)) return false
    if (!told) return file !== undefined
    const toldAt = statusHeads.get(statusKey(input))?.lastModified
    // S3's instants are whole seconds, so only the etag tells apart two files of one second.
    if (told.of !== file?.etag || (file && toldAt && toldAt < file.lastModified)) return true
    return wantsLook(input, told, {
      isSweep,
      isAtWork,
      isNew: statuses.changed.has(input),
      isGone: file === undefined,
      isOpen: open.has(input),
      isScheduled: retried.has(input),
      isExpired: links.expired.has(input),
      isHeld:
        heldLinks.has(input) || heldFiles.has(input) || (isBrakeUnreadable && input.startsWith(permissionSetPrefix)),
      isUnused: !used.has(input),
    })
  }
  // Its selector was added and removed between two looks at the selectors: the link waits for it, but its status says something else.
  const isUntoldWait = ({ key, scope }: Link) =>
    scope.kind === 'select' && !configuration.selectors.has(scope.name) && statuses.told.get(key)?.state === 'applied'
  const waiting = links.inForce.filter(isUntoldWait).map(({ key }) => key)
  const inputs = new Set([...files.keys(), ...statuses.told.keys()])
  return [...new Set([...links.readable, ...waiting, ...[...inputs].filter(isToLookAt)])].sort()
}

/**
 * Each file needs a read of its definition. If there are many, a sweep takes only files whose status differs, or whose permission set has
 * no access.
 */
function listJudgedFiles(
  { statuses, isSweep }: Inputs,
  ranges: readonly ComparedRange[],
): readonly PermissionSetName[] {
  const had = new Set(ranges.flatMap(({ owned, foreign }) => [...owned, ...foreign]))
  const heldFiles = [...new Set(ranges.flatMap((range) => range.heldFiles))]
  const isDue = (name: PermissionSetName) =>
    statuses.told.get(permissionSetKey(name))?.state !== 'held' || !had.has(name)
  return isSweep && heldFiles.length > judgedMost ? heldFiles.filter(isDue) : heldFiles
}

function setsSince(owned: Heads, since: Date): ReadonlySet<PermissionSetName> {
  const names = [...owned.values()].flatMap(({ key, lastModified }) =>
    lastModified >= since ? (permissionSetName.safeParse(key.slice(ownedPermissionSets.at.length)).data ?? []) : [],
  )
  return new Set(names)
}

function setsOf(keys: readonly AssignmentKey[]): ReadonlySet<PermissionSetName> {
  return new Set(keys.map((key) => assignmentOf(key).permissionSet))
}

/**
 * Links whose status counts fewer or more accounts than their scope has: an account changed without an event, perhaps without a grant or
 * revocation. Each comes with one of its assignments, because its evaluation makes the dispatcher write the status. `undefined`: the link
 * has no assignment.
 */
function findMiscounted({ links, statuses, view, configuration }: Inputs) {
  const counts = new Map<string, readonly AccountId[]>()
  const expand = (link: Link): readonly AccountId[] => {
    const name = nameOfReach(link)
    const accounts = counts.get(name) ?? expandScope(link, view, configuration)
    counts.set(name, accounts)
    return accounts
  }
  return links.inForce.flatMap((link) => {
    const told = statuses.told.get(link.key)
    if (!told || !isCounted(told) || (!view.hasTags && asksTags(link.scope, configuration.selectors))) return []
    const accounts = expand(link)
    const [first] = accounts
    if (accounts.length === told.desired) return []
    return [{ link: link.key, assignment: first && toAssignment(link, first) }]
  })
}

/** Its status is final and has a count. A link that waits for an account has no count. */
function isCounted({ state, desired }: CheckedStatus): boolean {
  return state === 'applied' || state === 'failed' || (state === 'waiting' && desired > 0)
}

/**
 * Removes work that a sweep leaves alone. A link that waits for a name is evaluated once more after it began to wait, and once after its
 * permission set was created; only the reconcile looks up its principal again. The work of a running dispatcher gets no second hint,
 * because its queue may be long.
 */
function leaveAlone(plan: BucketPlan, bucket: Bucket): BucketPlan {
  const { links, names, statuses, made, view, configuration, isAtWork } = bucket
  const isWaiting = ({ key, permissionSet }: Link): boolean => {
    const told = statuses.told.get(key)
    if (!told || statuses.changed.has(key) || made.has(permissionSet)) return false
    // Policies refuse it: a change of them, or of the link, causes the next look.
    const isRefused = told.state === 'rejected' && told.desired > 0
    return isRefused || (told.state === 'waiting' && told.desired > 0) || (told.state === 'held' && told.open > 0)
  }
  const isWorkedOn = (input: string): boolean => {
    const state = statuses.told.get(input)?.state
    return isAtWork && (state === 'applying' || state === 'revoking')
  }
  const asked = new Set(plan.grants.map(renderGrant))
  const isDue = (link: Link) => asked.has(renderGrant(link)) && !isWaiting(link) && !isWorkedOn(link.key)
  const revoking = linksIn([...statuses.told.keys()].filter(isWorkedOn), configuration.folders)
  const granted = desiredState(links.inForce.filter(isDue), view, configuration)
  const revoked = desiredState(revoking, view, configuration)
  return {
    grants: plan.grants.filter((assignment) => isIn(granted, assignment)),
    revocations: plan.revocations.filter((key) => !names.ledger.get(key)?.some((one) => isIn(revoked, one))),
  }
}

function isIn(set: AssignmentSet, assignment: Assignment): boolean {
  return set.get(renderGrant(assignment))?.accounts.has(assignment.accountId) ?? false
}
