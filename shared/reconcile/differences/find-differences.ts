import {
  type Assignment,
  type AssignmentKey,
  assignmentKey,
  assignmentOf,
  parseAssignmentKey,
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
import { type Link, linkPrefix, parseLinkKey, renderGrant } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { isUnplaced, type OrganizationView } from '../../domain/organization/organization-view.ts'
import { permissionSetKey, permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { expandScope, nameOfReach, type Scoping } from '../../domain/scopes/expand-scope.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { Lease } from '../dispatcher/lease.ts'
import { asksTags } from '../organization/view-for.ts'
import { accessPrefix } from '../records/access-list.ts'
import { type CheckedStatus, type Checkpoint, readCheckpoint } from '../records/checkpoint.ts'
import { foreignPrefix } from '../records/foreign-assignments.ts'
import { type Heads, listHeads } from '../records/list-heads.ts'
import { ownedPrefix } from '../records/owned-permission-sets.ts'
import { SelectorFiles } from '../records/selector-files.ts'
import { statusKey, statusPrefix } from '../records/status-store.ts'
import { findAccessDifferences } from './find-access-differences.ts'
import { findCrowds } from './find-crowds.ts'
import { findUnfinished, type Unfinished } from './find-unfinished.ts'
import { findMisindexed, indexAssignments, wantsLook } from './find-untold.ts'
import { nameKeys } from './name-keys.ts'
import { readLinks, readStatuses } from './read-inputs.ts'

/** Each judgement takes six calls. At twenty calls a second, this many take a few seconds. */
const judgedMost = 20

/** Everything in the bucket that differs from the files. */
export type Differences = Awaited<ReturnType<typeof findDifferences>>

type Options = {
  /** Leaves alone inputs that wait for something outside the bucket, and the work of a running dispatcher. */
  readonly isSweep?: boolean
  readonly last?: Checkpoint
}

/**
 * Compares files, ledger, statuses, index and open work. Calls only S3, and changes nothing. Reads only changes since the last
 * comparison. Throws if a listing fails.
 */
export async function findDifferences(
  objects: ObjectStore,
  view: OrganizationView,
  given: Configuration,
  { isSweep = false, last: lastGiven }: Options = {},
) {
  const last = lastGiven ?? (await readCheckpoint(objects))
  const configuration = { ...given, selectors: await new SelectorFiles(objects).read() }
  const bucket = { ...(await readBucket(objects, configuration, last, isSweep)), view, configuration, last, isSweep }
  const { files, links, linkCount, statuses, owned, foreign, others } = bucket
  const { crowds, left } = findCrowds(bucket)
  const planned = planAll(bucket)
  const found = await findUnfinished(objects, bucket.ledger, view, last, new Set(planned.revocations))
  const { held, heldLinks, resting } = found
  const unplaced = new Set(view.accounts.filter(isUnplaced).map(({ id }) => id))
  const isMoving = (key: AssignmentKey) => !resting.has(key) && !unplaced.has(assignmentOf(key).accountId)
  const plan = { ...planned, revocations: planned.revocations.filter(isMoving) }
  const revocations = plan.revocations.filter((key) => !held.has(key))
  // The dispatcher that held it died before it wrote the status.
  const untoldHeld = [...heldLinks].filter(([link]) => statuses.told.get(link)?.state !== 'held')
  const unread = links.unread.map(({ key }) => key).sort()
  return {
    plan,
    /** The part of the plan for hints now: without held access, and in a sweep without waiting links and running work. */
    due: isSweep ? leaveAlone({ ...plan, revocations }, bucket) : { ...plan, revocations },
    /** Inputs to look at again. */
    inputs: listInputs(planned, found, bucket).filter((input) => !left.has(input)),
    /** Places with too many invalid files, and their files without a status. */
    crowds,
    /** Ledger entries that are neither settled nor scheduled. */
    unfinished: [...found.unfinished, ...untoldHeld.map(([, key]) => key)],
    /** Permission sets whose file the brake holds: the reason may be gone. */
    judgedFiles: listJudgedFiles(found, bucket),
    miscounted: bucket.isAtWork ? [] : findMiscounted(bucket),
    /** Assignments and permission set files with a retry under `state/open/`. */
    scheduled: found.scheduled,
    /** Held revocations of the plan: they wait until a person releases them. */
    held,
    misindexed: await findMisindexed(objects, statuses),
    ledger: countEntries(bucket.ledger, found.entries),
    /** For the next comparison. */
    memory: { entries: found.entries, statuses: Object.fromEntries(statuses.told), links: links.memory },
    /** Names and ids in the entries that were read. */
    noted: found.names,
    /** The assignments that links would name for the ledger's access. */
    names: bucket.names.ledger,
    /** Foreign assignments recorded since the last comparison. */
    foreignSince: [...foreign.values()].flatMap(({ key, lastModified }) => {
      const text = key.slice(foreignPrefix.length)
      return lastModified >= last.since && parseAssignmentKey(text) ? [assignmentKey.parse(text)] : []
    }),
    /** Ledger entries that are stuck, or left, on accounts that take no changes: nothing can be done. */
    resting: [...resting],
    /** Accounts with unknown State or Paths: nothing is granted or revoked there. */
    unplaced: [...unplaced].sort(),
    /** Spoiled or unreadable objects. Nothing is granted or revoked because of them. */
    unreadable: [...unread, ...found.spoiled, ...[...statuses.spoiled.values()].sort()],
    owned: new Set([...bucket.names.ledger.keys()].map((key) => assignmentOf(key).accountId)),
    /** Recorded access, of the ledger and of others. */
    recorded: [owned, others],
    access: await findAccessDifferences(objects, bucket, new Set(found.entries)),
    counts: { links: linkCount, permissionSets: files.size - linkCount, accounts: view.accounts.length },
  }
}

/** The number of entries in the ledger, and of those with nothing left to do. */
function countEntries(ledger: Heads, moving: readonly string[]) {
  const all = [...ledger.keys()].filter((key) => parseAssignmentKey(key.slice(ledgerPrefix.length))).length
  return { all, settled: all - moving.length }
}

/** Assignments that links ask for and the ledger lacks, and ledger access that no link grants. */
type BucketPlan = { readonly grants: readonly Assignment[]; readonly revocations: readonly AssignmentKey[] }

type Bucket = Awaited<ReturnType<typeof readBucket>> & {
  readonly view: OrganizationView
  readonly configuration: Configuration & Scoping
  readonly last: Checkpoint
  readonly isSweep: boolean
}

async function readBucket(objects: ObjectStore, configuration: Configuration, last: Checkpoint, isSweep: boolean) {
  const list = (prefix: string) => listHeads(objects, prefix)
  const [linkFiles, setFiles, statusHeads] = await Promise.all([
    list(linkPrefix),
    list(permissionSetPrefix),
    list(statusPrefix),
  ])
  // List `access/` before the records. Otherwise access that is granted meanwhile would look superfluous.
  const access = await list(accessPrefix)
  const [ledger, foreign, ownedSets] = await Promise.all([list(ledgerPrefix), list(foreignPrefix), list(ownedPrefix)])
  const names = await nameKeys(objects, { ledger, foreign })
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
    ledger,
    /** By their present names in the ledger. */
    names,
    owned: collectAssignments([...names.ledger.values()].flat()),
    foreign,
    others: collectAssignments([...names.foreign.values()].flat()),
    access,
    ownedSets,
    /** A sweep leaves the work of a running dispatcher alone. */
    isAtWork: isSweep && (await Lease.isHeld(objects)),
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

function listInputs(
  plan: BucketPlan,
  { entries, resting, scheduled, heldLinks, heldFiles, isBrakeUnreadable }: Unfinished,
  bucket: Bucket,
): readonly string[] {
  const { files, links, names, statusHeads, statuses, view, configuration, isSweep, isAtWork } = bucket
  const moving = entries.filter((key) => isSweep || !resting.has(key))
  const namesOf = (keys: Iterable<AssignmentKey>) => [...keys].flatMap((key) => names.ledger.get(key) ?? [])
  const open = [...plan.grants, ...namesOf([...plan.revocations, ...moving])]
  const isOpen = indexAssignments(open, view, configuration)
  const retried = [...scheduled].flatMap((key) => parseAssignmentName(key) ?? namesOf([assignmentKey.parse(key)]))
  const isRetried = indexAssignments(retried, view, configuration)
  const inForce = new Set<string>(links.inForce.map(({ key }) => key))
  const naming = [...links.inForce, ...links.notYet, ...links.unread].map(({ permissionSet }) => permissionSet)
  const used = new Set<string>([...naming, ...setsOf([...names.ledger.keys()])].map(permissionSetKey))
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
      isOpen: isOpen(input, inForce.has(input)),
      isScheduled: scheduled.has(input) || isRetried(input, inForce.has(input)),
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
  return [...new Set([...links.unindexed, ...links.readable, ...waiting, ...[...inputs].filter(isToLookAt)])].sort()
}

/**
 * Each file needs a read of its definition. If there are many, a sweep takes only files whose status differs, or whose permission set has
 * no access.
 */
function listJudgedFiles(
  { heldFiles }: Unfinished,
  { statuses, names, isSweep }: Bucket,
): readonly PermissionSetName[] {
  const had = setsOf([...names.ledger.keys(), ...names.foreign.keys()])
  const isDue = ([input, name]: readonly [string, PermissionSetName]) =>
    statuses.told.get(input)?.state !== 'held' || !had.has(name)
  const judged = isSweep && heldFiles.size > judgedMost ? [...heldFiles].filter(isDue) : [...heldFiles]
  return judged.map(([, name]) => name)
}

function setsOf(keys: readonly AssignmentKey[]): ReadonlySet<PermissionSetName> {
  return new Set(keys.map((key) => assignmentOf(key).permissionSet))
}

/**
 * Links whose status counts fewer or more accounts than their scope has: an account changed without an event, perhaps without a grant or
 * revocation. Each comes with one of its assignments, because its evaluation makes the dispatcher write the status. `undefined`: the link
 * has no assignment.
 */
function findMiscounted({ links, statuses, view, configuration }: Bucket) {
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
  const { links, names, statuses, ownedSets, last, view, configuration, isAtWork } = bucket
  const isMade = (name: PermissionSetName) => (ownedSets.get(ownedPrefix + name)?.lastModified ?? 0) >= last.since
  const isWaiting = ({ key, permissionSet }: Link): boolean => {
    const told = statuses.told.get(key)
    if (!told || statuses.changed.has(key) || isMade(permissionSet)) return false
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
  const revoking = [...statuses.told.keys()].filter(isWorkedOn).flatMap((input) => {
    const link = parseLinkKey(input, configuration.folders)
    return link.ok ? [link.value] : []
  })
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
